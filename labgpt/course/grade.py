"""Grading: only the answer cells are taken, by id, and grafted into the pristine exercise; hidden checks run here.

    submission ──answers──► kernel: pristine cells, answers, visible checks ──JSON──► this process: hidden checks

Where bubblewrap works the kernel sees nothing of this machine (sandbox.py). Elsewhere a submission runs with the rights of
whoever grades: it can look up the public source of the exercise, and the report says `sandboxed: false`.
"""
from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

from labgpt.course import exercises, sandbox
from labgpt.course.exercises import Cell, Exercise
from labgpt.course.kernel import Budget, Kernel, Lost, kernel

LARGEST = 20_000_000  # bytes; a notebook without outputs is a thousandth of it


def grade(path: str | Path, cell_s: float = 30, total_s: float = 120) -> dict:
    """Grade one notebook file.

    Returns {exercise, points, max_points, questions: [{id, points, max_points, reason}], altered: [ids], sandboxed}.
    `altered` lists check cells that are not as they were handed out; they are not run, so this costs nothing.
    A cell may take `cell_s` seconds, all of them together `total_s`.
    Raises ValueError with one line where the file cannot be read or is not a submission of an exercise.
    """
    notebook = _open(Path(path))
    exercise = exercises.read(_which(notebook, path))
    answers, verdicts = _answers(notebook, exercise)
    _examine(exercise, answers, verdicts, Budget(cell_s, total_s))
    questions = [{"id": q, "points": verdicts[q][0], "max_points": most, "reason": verdicts[q][1]}
                 for q, most in exercise.points.items()]
    return {"exercise": exercise.name, "points": sum(q["points"] for q in questions),
            "max_points": sum(exercise.points.values()), "questions": questions,
            "altered": _altered(notebook, exercise), "sandboxed": sandbox.available()}


def lines(report: dict) -> list[str]:
    """A report for the terminal."""
    rows = [f"  {q['id']:<12} {q['points']:>4g} / {q['max_points']:g}  {q['reason']}" for q in report["questions"]]
    notes = [f"  changed or missing check cells, not used: {', '.join(report['altered'])}"] if report["altered"] else []
    notes += [] if report["sandboxed"] else ["  unsandboxed: the submission ran with your rights"]
    return [f"{report['exercise']}: {report['points']:g} of {report['max_points']:g} points", *rows, *notes]


# --- reading a submission

def _open(path: Path) -> dict:
    """A notebook file as plain data; nothing in it but cells and metadata is relied on."""
    def refuse(what: str) -> ValueError:
        return ValueError(f"notebook = {path.name!r}: {what}; allowed is a saved .ipynb file of an exercise")

    try:
        if path.stat().st_size > LARGEST:
            raise refuse(f"{path.stat().st_size / 1e6:.0f} MB is more than {LARGEST / 1e6:.0f} MB")
        notebook = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise refuse(f"cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise refuse("is not JSON") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise refuse("has no list of cells (nbformat 4)")
    return notebook


def _which(notebook: dict, path: str | Path) -> str:
    """The exercise it answers: by its metadata, else by the ids of its answer cells."""
    named = _dict(_dict(notebook.get("metadata")).get("labgpt")).get("exercise")
    if named in exercises.names():
        return named
    for name in exercises.names():
        if _answers(notebook, exercises.read(name))[0]:
            return name
    raise ValueError(f"notebook = {Path(path).name!r}: answers no exercise known here; allowed is a copy of "
                     f"{', '.join(exercises.names())} with its answer cells")


def _answers(notebook: dict, exercise: Exercise) -> tuple[dict[str, str], dict[str, tuple[float, str]]]:
    """(answers by question id, verdicts on those that are missing or there twice)."""
    answers, verdicts = {}, {}
    for question in exercise.points:
        found = _find(notebook, question, "answer")
        if len(found) == 1:
            answers[question] = found[0]
        elif found:
            verdicts[question] = 0, f"{len(found)} cells carry the id {question}: keep one of them"
        else:
            verdicts[question] = 0, f"the answer cell {question} is missing: take it from a fresh copy (`labgpt start`)"
    return answers, verdicts


def _altered(notebook: dict, exercise: Exercise) -> list[str]:
    checks = [c for c in exercise.cells if c.role == "check"]
    return [c.id for c in checks if [s.strip() for s in _find(notebook, c.question, "check")] != [c.source.strip()]]


def _find(notebook: dict, question: str, role: str) -> list[str]:
    """Sources of the code cells that are this question's `role`: by cell id, Colab's metadata.id, or our own metadata."""
    found = []
    for cell in notebook["cells"]:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        about = _dict(cell.get("metadata"))
        tags = about.get("tags") if isinstance(about.get("tags"), list) else []
        ours = _dict(about.get("labgpt")).get("id") == question and role in tags
        if ours or f"{question}-{role}" in (cell.get("id"), about.get("id")):
            source = cell.get("source")
            found.append("".join(map(str, source)) if isinstance(source, list) else str(source or ""))
    return found


def _dict(value: object) -> dict:
    return value if isinstance(value, dict) else {}


# --- running it

def _examine(exercise: Exercise, answers: dict, verdicts: dict, budget: Budget) -> None:
    """Fill `verdicts`. An answer that takes its kernel down is left out, and the rest run again in a fresh one."""
    answers, shared = dict(answers), _shared(exercise)
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
            verdicts[question] = _hidden(exercise, question, fresh, shared)
        if question in failed:
            verdicts.setdefault(question, (0, failed[question]))


def _failure(question: str, error: str | None) -> dict[str, str]:
    if error is None:
        return {}
    if error.startswith("NotImplementedError"):
        return {question: f"not answered yet ({error.partition(': ')[2]})"}
    hint = "; names from other cells of yours are not there: put what an answer needs into its cell"
    return {question: f"{error.removeprefix('CheckFailed: ')}{hint if error.startswith('NameError') else ''}"}


def _shared(exercise: Exercise) -> dict:
    """The names that the exercise's unmarked cells define, made here: the kernel's may have been tampered with."""
    names = {"__name__": "labgpt_hidden"}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in exercise.cells:
            if cell.role == "code":
                exec(_compiled(exercise, cell), names)
    return names


def _compiled(exercise: Exercise, cell: Cell):
    """Our own source, as trusted as this file. optimize=0: what it asserts holds under `python -O` too."""
    return compile(cell.source, f"{exercise.name}/{cell.id}", "exec", optimize=0)


def _hidden(exercise: Exercise, question: str, fresh: Kernel, shared: dict) -> tuple[float, str]:
    """Run a hidden check in this process: full points unless it fails, or awards fewer."""
    awarded: list[tuple[float, str]] = []
    most = exercise.points[question]

    def award(points: float, reason: str) -> None:
        awarded.append((max(0, min(points, most)), reason))

    try:
        exec(_compiled(exercise, exercise.cell(question, "hidden")), shared | {"ask": fresh.ask, "award": award})
    except AssertionError as error:
        return 0, str(error)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:  # an answer of a shape nobody expected
        return 0, f"the answer has not the form asked for ({type(error).__name__}: {error})"
    return awarded[-1] if awarded else (most, "correct")
