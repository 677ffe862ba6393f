"""Finds what was handed in: files, folders with one folder a student, Moodle's and Canvas's zips. Nothing is unpacked.

Who handed it in is read from the path, never from the notebook.
"""
import contextlib
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from labgpt.course.grade import LARGEST, contents, refuse
from labgpt.course.kernel import one_line

_MOODLE = re.compile(r"(.+?)_(\d+)_assignsubmission_[a-z]+_?(.*)")  # a folder, or the beginning of a file's name
_CANVAS = re.compile(r"([^_]+)_(LATE_)?(\d+)_\d+_.+")
_OURS = re.compile(r"[-_ ]*((\d\d_[a-z_]+?)?_exercise|\d\d_[a-z_]+)([-_ ]*\(?\d+\)?)?$|_student$")


@dataclass(frozen=True)
class Found:
    """One notebook, or a student without one (`problem` says so)."""

    student: str
    file: str  # as shown: relative to what was given
    place: Path
    member: str = ""  # of the zip at `place`
    when: float = 0.0  # POSIX time of its last change
    marked_late: bool = False  # by Canvas, in the file's name
    problem: str = ""

    def read(self) -> bytes:
        """Its bytes. Raises ValueError where it cannot be read, or is larger than a notebook may be."""
        if not self.member:
            return contents(self.place)
        try:
            with zipfile.ZipFile(self.place) as archive, archive.open(self.member) as file:
                raw = file.read(LARGEST + 1)  # whatever size the zip claims
        except (OSError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zipfile.zlib.error) as error:
            raise refuse(self.file, f"cannot be read from the zip ({error})") from None
        if len(raw) > LARGEST:
            raise refuse(self.file, f"is more than {LARGEST / 1e6:.0f} MB")
        return raw


def find(paths: Sequence[Path]) -> list[Found]:
    """Everything handed in under the paths, by student. Raises ValueError for a path that is not there."""
    found: list[Found] = []
    for path in paths:
        named = sum(p.name == path.name for p in paths) == 1  # a/hw.ipynb and b/hw.ipynb are a's and b's
        if path.is_dir():
            found += _in_folder(path, len(paths) == 1)
        elif path.suffix.lower() == ".zip":
            found += _in_zip(path)
        elif path.exists():
            found.append(_one((path.name,), path, "", path.stat().st_mtime, path.resolve().parent.name, named))
        else:
            raise refuse(path.name, "is not there")
    if not found:
        raise ValueError(f"paths = {', '.join(map(str, paths)) or 'none'}: nothing was handed in there; allowed are notebooks, folders "
                         "with one folder a student, zips from Moodle or Canvas")
    return sorted(found, key=lambda f: (f.student, f.file))


def _in_folder(folder: Path, alone: bool) -> list[Found]:
    """A class's folder; where several are given, one that holds notebooks may be a student's."""
    files = []
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        if file.is_dir() and not file.is_symlink() or _ignored(parts):
            continue
        linked = any(p.is_symlink() for p in [file, *file.parents][: len(parts)])  # it may lead to somebody else's work
        one = _one(parts, file, "", 0.0 if linked else file.stat().st_mtime, folder.resolve().name, alone)
        files.append(replace(one, problem="is a link: not followed") if linked else one)
    return _notebooks(files)


def _in_zip(path: Path) -> list[Found]:
    files = []
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                parts = tuple(p for p in PurePosixPath(entry.filename.replace("\\", "/")).parts if p not in ("/", "..", "."))
                if entry.is_dir() or _ignored(parts):
                    continue
                when = 0.0
                with contextlib.suppress(ValueError, OverflowError):
                    when = datetime(*entry.date_time).timestamp()
                files.append(_one(parts, path, entry.filename, when))
    except (OSError, zipfile.BadZipFile) as error:
        raise ValueError(f"path = {path.name!r}: {error}; allowed is a folder, a notebook, or a zip from Moodle or Canvas") from None
    return _notebooks(files)


def _notebooks(files: list[Found]) -> list[Found]:
    """The notebooks among the files; a student who handed in none is kept once, with what there was."""
    chosen = [f for f in files if f.file.lower().endswith(".ipynb")]
    others = {f.student: replace(f, problem=f.problem or "is no notebook") for f in files}
    return [*chosen, *(f for student, f in others.items() if student not in {c.student for c in chosen})]


def _one(parts: tuple[str, ...], place: Path, member: str, when: float, above: str = "", named: bool = True) -> Found:
    student, late = _who(parts, above, named)
    return Found(one_line(student), one_line("/".join(parts)), place, member, when, late)


def _who(parts: tuple[str, ...], above: str = "", named: bool = True) -> tuple[str, bool]:
    """(student, marked late) from a path: its first folder, else the name as Moodle or Canvas makes it, else the name itself.

    Where the name says no more than the exercise, or is not `named` after a student, it is the folder `above`.
    """
    first = parts[0]
    if moodle := _MOODLE.fullmatch(first):
        return f"{moodle[1]}_{moodle[2]}", False
    if len(parts) > 1:
        return first, False
    if canvas := _CANVAS.fullmatch(first):
        return f"{canvas[1]}_{canvas[3]}", bool(canvas[2])
    stem = PurePosixPath(first).stem
    return (named and _OURS.sub("", f"_{stem}").lstrip("_")) or above or stem, False


def _ignored(parts: tuple[str, ...]) -> bool:
    return not parts or any(p.startswith(".") or p == "__MACOSX" for p in parts)
