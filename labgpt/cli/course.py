"""Verbs of the course: working copies, exercises, grading, and what keeps the course itself whole."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from labgpt.record import write_json


def grade(paths: Positional[list[Path]], out: Path | None = None, json: Path | None = None, manual: Path | None = None,
          secret: Path | None = None, due: str | None = None, require_sandbox: bool = False) -> None:
    """Grade answered exercise notebooks: one, or a class's. Give the same command again to go on where it stopped.

    Args:
        paths: notebooks, folders with one folder a student or flat files, zips from Moodle or Canvas.
        out: keep verdicts there, and write class.csv, written.csv (answers to mark by hand), a page a student.
        json: write the reports there too.
        manual: written.csv, with the points you gave.
        secret: the file the class's notebooks were built with.
        due: such as 2026-05-31T23:59; what was changed later is called late.
        require_sandbox: refuse to run submissions with your own rights.
    """
    from labgpt.course import classroom, reports, sandbox
    from labgpt.course import grade as one
    from labgpt.course.exercises import read_secret

    if require_sandbox and not sandbox.available():
        raise ValueError("require_sandbox = True: bubblewrap does not work here; allowed is a Linux with user namespaces; "
                         "try `apt install bubblewrap`, or grade in a machine that you can throw away")
    key, end = read_secret(secret) if secret else b"", datetime.fromisoformat(due) if due else None
    if len(paths) == 1 and out is None and manual is None and paths[0].suffix.lower() != ".zip" and not paths[0].is_dir():
        found = one.grade(paths[0], secret=key)
        print(f"{paths[0]}: {found['points']:g} of {found['max_points']:g} points", *one.lines(found)[1:], sep="\n")
    else:
        found = classroom.grade_class(paths, out, manual, key, end, say=lambda line: print(line, flush=True))
        print(*reports.summary(found), sep="\n")
        if out is not None:
            reports.write(found, out)
            print(f"{out}: class.csv, students/*.html")
    if json is not None:
        write_json(json, found)


def exercise(action: Positional[Literal["build", "list"]], name: Positional[str | None] = None,
             class_: Annotated[Path | None, arg(name="class")] = None, secret: Path | None = None) -> None:
    """Build student notebooks from the exercises' sources, or list them.

    Args:
        action: build or list.
        name: one exercise; all of them when left out.
        class_: make a class's folder there instead, its numbers drawn from the secret: student/ to hand out, teacher/ to keep.
        secret: a file with 16 characters or more that nobody else has.
    """
    from labgpt.course import exercises, handout

    if (class_ is None) != (secret is None):
        raise ValueError("class, secret: allowed is both or neither; try `labgpt exercise build --class DIR --secret FILE`")
    for found in exercises.names() if name is None else [name]:
        if action == "list":
            one = exercises.read(found)
            print(f"{found:<18} {sum(one.points.values()):>3g} points, {len(one.points)} questions  {one.title}")
        elif class_ is not None:
            print(*handout.build_class(found, class_, exercises.read_secret(secret)), sep="\n")
        else:
            print(exercises.build(found))


def start(dest: Path = Path("my"), fresh: str | None = None) -> None:
    """Fill a folder with cleared copies of the notebooks and exercises; what you edited is kept.

    Args:
        dest: the folder.
        fresh: a notebook to begin again (your version is kept beside it).
    """
    from labgpt.course.start import start as fill

    fill(dest, fresh)


def lab(dest: Path = Path("my")) -> None:
    """`start`, then JupyterLab on the first lesson.

    Args:
        dest: the folder of your copies.
    """
    start(dest)
    sys.exit(subprocess.run([sys.executable, "-m", "jupyterlab", str(dest / "00_first_curve.ipynb")]).returncode)


def doctor() -> None:
    """Check this environment; the output is made to be pasted into a report."""
    from labgpt.course.doctor import doctor as check

    sys.exit(0 if check() else 1)


def test(slow: bool = False) -> None:
    """Lint, import contracts, tests, notebooks.

    Args:
        slow: the long evidence too.
    """
    from labgpt.bench import selftest

    sys.exit(selftest.run(slow))


def reference(lesson: Positional[str | None] = None, store: Path = Path("runs/store")) -> None:
    """Train a lesson's reference runs again and write data/reference (for those who keep the course).

    Args:
        lesson: such as 01_model_size; all when left out.
        store: where runs are kept.
    """
    from labgpt.studies import lessons

    for name in [lesson] if lesson else lessons.LESSONS:
        print(lessons.make_reference(name, store))
