"""Grading: only the answer cells are taken, by id, and grafted into the pristine exercise; hidden checks run here.

    submission ──answers──► kernel: pristine cells, answers, visible checks ──JSON──► this process: hidden checks

Where bubblewrap works the kernel sees nothing of this machine (sandbox.py). Elsewhere a submission runs with the rights of
whoever grades: it can look up the public source of the exercise, and the report says `sandboxed: false`.
"""
import contextlib
import io
import json
import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from labgpt.course import exercises, sandbox
from labgpt.course.exercises import Cell, Exercise
from labgpt.course.kernel import Budget, Kernel, Lost, kernel, one_line
from labgpt.course.sealed import Drawn

LARGEST = 20_000_000  # bytes; a notebook without outputs is a thousandth of it
CELL_S = 15.0  # seconds a cell may compute; a graded answer is meant to take 5
Verdicts = dict[str, tuple[float, str]]  # question id -> (points, reason)
BY_HAND = "waits to be marked by hand"


@dataclass(frozen=True)
class Handed:
    """What a notebook hands in: answers by question id, verdicts that need no run, check cells not as they were handed out."""

    exercise: Exercise
    answers: dict[str, str]
    settled: Verdicts
    altered: list[str]


def grade(path: str | Path, cell_s: float = CELL_S, total_s: float | None = None, secret: bytes = b"") -> dict:
    """Grade one notebook file.

    Returns {exercise, points, max_points, questions: [{id, points, max_points, reason}], altered: [ids], sandboxed}.
    `altered` lists check cells that are not as they were handed out; they are not run, so this costs nothing.
    A cell may compute for `cell_s` seconds, all together for `total_s` (as long as every answer could); `secret` is the class's.
    Raises ValueError with one line where the file cannot be read or is not a submission of an exercise.
    """
    handed = opened(Path(path).name, contents(Path(path)), secret)
    return report(handed, judge(handed, {}, cell_s, total_s))


def judge(handed: Handed, known: Verdicts, cell_s: float = CELL_S, total_s: float | None = None) -> Verdicts:
    """Points and reason of every question; those `known` are not checked again."""
    verdicts = known | handed.settled
    total_s = cell_s * (len(handed.answers) + 1) if total_s is None else total_s
    _examine(handed.exercise, handed.answers, verdicts, Budget(cell_s, total_s))
    return verdicts


def report(handed: Handed, verdicts: Verdicts) -> dict:
    """What `grade` returns."""
    exercise = handed.exercise
    questions = [{"id": q, "points": verdicts[q][0], "max_points": most, "reason": one_line(verdicts[q][1])}
                 for q, most in exercise.points.items()]
    return {"exercise": exercise.name, "points": sum(q["points"] for q in questions), "max_points": sum(exercise.points.values()),
            "questions": questions, "altered": handed.altered, "sandboxed": sandbox.available()}  # fmt: skip


def lines(report: dict) -> list[str]:
    """A report for the terminal."""
    rows = [f"  {q['id']:<12} {q['points']:>4g} / {q['max_points']:g}  {q['reason']}" for q in report["questions"]]
    notes = [f"  changed or missing check cells, not used: {', '.join(report['altered'])}"] if report["altered"] else []
    notes += [] if report["sandboxed"] else ["  unsandboxed: the submission ran with your rights"]
    return [f"{report['exercise']}: {report['points']:g} of {report['max_points']:g} points", *rows, *notes]


# --- reading a submission

def contents(path: Path) -> bytes:
    """A file's bytes. Raises ValueError where it is not a plain file of a notebook's size."""
    try:
        kind = path.stat()
        if not stat.S_ISREG(kind.st_mode):
            raise refuse(path.name, "is no plain file")
        if kind.st_size > LARGEST:
            raise refuse(path.name, f"{kind.st_size / 1e6:.0f} MB is more than {LARGEST / 1e6:.0f} MB")
        return path.read_bytes()
    except OSError as error:
        raise refuse(path.name, f"cannot be read ({error.strerror})") from None


def opened(name: str, raw: bytes, secret: bytes = b"") -> Handed:
    """A notebook file as what it hands in; nothing in it but cells and metadata is relied on.

    Raises ValueError where it is no notebook, answers no exercise, or belongs to a class of another secret.
    """
    try:
        notebook = json.loads(raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"))
    except (ValueError, RecursionError):  # not text, not JSON, or a number of 5,000 digits
        raise refuse(name, "is not JSON") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise refuse(name, "has no list of cells (nbformat 4)")
    about = _dict(_dict(notebook.get("metadata")).get("labgpt"))
    if not secret and about.get("class"):
        raise ValueError(f"notebook = {name!r}: was built for a class; allowed is grading it with that class's --secret FILE")
    exercise = _which(notebook, about.get("exercise"), name, secret)
    answers, settled = _answers(notebook, exercise)
    checks = [c for c in exercise.cells if c.role == "check"]
    altered = [c.id for c in checks if [s.strip() for s in _find(notebook, c)] != [c.source.strip()]]
    return Handed(exercise, answers, settled, altered)


def refuse(name: str, what: str) -> ValueError:
    return ValueError(f"notebook = {name!r}: {what}; allowed is a saved .ipynb file of an exercise")


def _which(notebook: dict, named: object, file: str, secret: bytes) -> Exercise:
    """The exercise it answers: by its metadata, else by the ids of its answer cells."""
    names = exercises.names()
    if isinstance(named, str) and named in names:
        return exercises.read(named, secret)
    for name in names:
        exercise = exercises.read(name, secret)
        if any(_find(notebook, exercise.cell(q, "answer")) for q in exercise.points):
            return exercise
    raise ValueError(f"notebook = {file!r}: answers no exercise known here; allowed is a copy of "
                     f"{', '.join(names)} with its answer cells")


def _answers(notebook: dict, exercise: Exercise) -> tuple[dict[str, str], Verdicts]:
    """(answers by question id, verdicts on those that are missing, there twice, or not for a machine to judge)."""
    answers, settled = {}, {}
    for question in exercise.points:
        cell = exercise.cell(question, "answer")
        found = _find(notebook, cell)
        if len(found) == 1:
            answers[question] = found[0]
            if cell.rubric:
                settled[question] = 0, "not answered yet" if found[0].strip() in ("", cell.blank.strip()) else BY_HAND
        elif found:
            settled[question] = 0, f"{len(found)} cells carry the id {question}: keep one of them"
        else:
            settled[question] = 0, f"the answer cell {question} is missing: take it from a fresh copy (`labgpt start`)"
    return answers, settled


def _find(notebook: dict, wanted: Cell) -> list[str]:
    """Sources of the cells that are this one: by cell id, Colab's metadata.id, or our own metadata."""
    found = []
    for cell in notebook["cells"]:
        if not isinstance(cell, dict) or cell.get("cell_type") != ("markdown" if wanted.rubric else "code"):
            continue
        about = _dict(cell.get("metadata"))
        tags = about.get("tags") if isinstance(about.get("tags"), list) else []
        ours = _dict(about.get("labgpt")).get("id") == wanted.question and wanted.role in tags
        if ours or wanted.id in (cell.get("id"), about.get("id")):
            source = cell.get("source")
            found.append("".join(map(str, source)) if isinstance(source, list) else str(source or ""))
    return found


def _dict(value: object) -> dict:
    return value if isinstance(value, dict) else {}


# --- running it

def _examine(exercise: Exercise, answers: dict, verdicts: dict, budget: Budget) -> None:
    """Fill `verdicts`. An answer that takes its kernel down is left out, and the rest run again in a fresh one."""
    answers, shared = {q: a for q, a in answers.items() if not exercise.rubric(q)}, shared_names(exercise)
    while any(q not in verdicts for q in answers):
        running = [""]
        try:
            with kernel(budget) as fresh:
                _through(exercise, answers, verdicts, shared, fresh, running)
        except Lost as lost:
            culprit = running[0]
            if not culprit:
                raise ValueError(f"exercise {exercise.name}: its own first cells {lost}; see `labgpt doctor`") from None
            if budget.over:
                for question in answers:
                    verdicts.setdefault(question, (0, f"not graded: {lost}"))
            verdicts.setdefault(culprit, (0, f"the answer {lost}: only this question is lost"))
            del answers[culprit]


def _through(exercise: Exercise, answers: dict, verdicts: dict, shared: dict, fresh: Kernel, running: list[str]) -> None:
    """Once from top to bottom. `running[0]` is the last answer that had a chance to do harm."""
    failed: dict[str, str] = {}
    for cell in exercise.cells:
        question = cell.question
        if cell.role == "text" or (question and (question not in answers or question in failed)):
            continue
        if cell.role == "code":
            error = fresh.run(cell.source)
            if error:
                raise Lost(f"left a kernel in which the exercise's own cells fail ({error})")
        elif cell.role == "answer":
            running[0] = question
            failed |= _failure(question, fresh.run(answers[question]))
        elif question not in verdicts and cell.role == "check":
            failed |= _failure(question, fresh.run(cell.source))
        elif question not in verdicts:
            verdicts[question] = hidden(exercise, question, fresh.ask, shared)
        if question in failed:
            verdicts.setdefault(question, (0, failed[question]))


def _failure(question: str, error: str | None) -> dict[str, str]:
    if error is None:
        return {}
    if error.startswith("NotImplementedError"):
        return {question: f"not answered yet ({error.partition(': ')[2]})"}
    hint = "; names from other cells of yours are not there: put what an answer needs into its cell"
    return {question: f"{error.removeprefix('CheckFailed: ')}{hint if error.startswith('NameError') else ''}"}


def shared_names(exercise: Exercise) -> dict:
    """The names that the exercise's unmarked cells define, made here: the kernel's may have been tampered with."""
    return dict(_made(exercise.name, tuple(c for c in exercise.cells if c.role == "code")))


@lru_cache(maxsize=8)
def _made(exercise: str, cells: tuple[Cell, ...]) -> dict:
    names = {"__name__": "labgpt_hidden"}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in cells:
            exec(_compiled(exercise, cell), names)
    return names


def _compiled(exercise: str, cell: Cell):
    """Our own source, as trusted as this file. optimize=0: what it asserts holds under `python -O` too."""
    return compile(cell.source, f"{exercise}/{cell.id}", "exec", optimize=0)


def hidden(exercise: Exercise, question: str, ask: Callable, shared: dict) -> tuple[float, str]:
    """Run a hidden check in this process: full points unless it fails, or awards fewer. `ask(name, *args)` gets its values."""
    awarded: list[tuple[float, str]] = []
    most = exercise.points[question]

    def award(points: float, reason: str) -> None:
        awarded.append((max(0, min(points, most)), reason))

    drawn = Drawn(exercise.secret, exercise.name)
    try:
        exec(_compiled(exercise.name, exercise.cell(question, "hidden")), shared | {"ask": ask, "award": award, "drawn": drawn})
    except AssertionError as error:
        return 0, str(error)
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError) as error:
        return 0, f"the answer has not the form asked for ({type(error).__name__}: {str(error)[:200]})"
    return awarded[-1] if awarded else (most, "correct")
