"""Exercises: one source each, the solution; the student's notebook and the executed solution are made from it.

`exercises/NAME/source.py` is jupytext percent. A question is three cells that carry the same id:

    # %% tags=["answer"] labgpt={"id": "count", "points": 2, "blank": ["# your answer", "raise NotImplementedError('hint')"]}
    # %% tags=["check"]  labgpt={"id": "count"}      visible: runs in the learner's kernel, says what to look at
    # %% tags=["hidden"] labgpt={"id": "count"}      runs in the grader's process, on values asked from the kernel

The unmarked code cells run in both places, so that hidden checks have their names too. `wrong/*.py` holds wrong answers: a
first cell with `misconception`, `loses = {id: points}` and `says` (what the reason must mention), then answer cells.
"""
from __future__ import annotations

import ast
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from labgpt.course.colab import bootstrap_cell
from labgpt.course.packages import ROOT
from labgpt.course.sandbox import environment
from labgpt.record import write_atomic

FOLDER = ROOT / "exercises"
ROLES = ("answer", "check", "hidden")


@dataclass(frozen=True)
class Cell:
    """One cell of a source. role: text, code (shared by all questions), answer, check or hidden."""

    id: str  # as in the student's notebook: "count-answer", or "cell-03"
    role: str
    source: str
    question: str = ""
    blank: str = ""
    objective: int = 0  # of the lesson it goes with, 1 to 3; answers only


@dataclass(frozen=True)
class Exercise:
    name: str
    cells: tuple[Cell, ...]
    points: dict[str, float] = field(default_factory=dict)  # question id -> points, in order

    def cell(self, question: str, role: str) -> Cell:
        return next(c for c in self.cells if c.question == question and c.role == role)


@dataclass(frozen=True)
class Wrong:
    """A plausible wrong submission: answers by question id, what they lose, the misconception they embody."""

    name: str
    misconception: str
    loses: dict[str, float]
    says: str
    answers: dict[str, str]


def names() -> list[str]:
    """The exercises of this clone, in order."""
    return sorted(p.parent.name for p in FOLDER.glob("*/source.py"))


def read(name: str) -> Exercise:
    """Parse and check an exercise's source.

    Raises ValueError for an unknown exercise, or a source in which a question lacks a cell, its points or its blank.
    """
    file = FOLDER / name / "source.py"
    if name not in names():
        raise ValueError(f"exercise = {name!r}: allowed is {', '.join(names()) or 'none, this installation has no exercises'}")
    cells, points = [], {}
    for index, raw in enumerate(_percent(file).cells):
        role, about = _role(raw), raw.metadata.get("labgpt", {})
        _need("incorrectly_encoded_metadata" not in raw.metadata, file, f"jupytext cannot read the metadata of cell {index}")
        if role in ("text", "code"):
            cells.append(Cell(f"cell-{index:02d}", role, raw.source))
            continue
        question = about.get("id", "")
        _need(question.isidentifier(), file, f"a {role} cell has id {question!r}: allowed is a name such as count")
        if role == "answer":
            worth, blank = about.get("points", 0), _lines(about.get("blank", ""))
            _need(worth > 0, file, f"{question}: points = {worth!r}: allowed is a number above 0")
            # A prediction may be left empty without stopping "Run all"; any other blank says that it is one.
            _need("NotImplementedError" in blank or "= None" in blank, file, f"{question}: blank must raise NotImplementedError")
            points[question] = worth
        cells.append(Cell(f"{question}-{role}", role, raw.source, question, _lines(about.get("blank", "")), about.get("objective", 0)))
    _complete(file, cells, points)
    return Exercise(name, tuple(cells), points)


def _complete(file: Path, cells: list[Cell], points: dict) -> None:
    """Each question has its three cells, once each and in this order: one without a hidden check could be forged."""
    for question in dict.fromkeys(c.question for c in cells if c.question):
        roles = tuple(c.role for c in cells if c.question == question)
        _need(roles == ROLES, file, f"{question} has cells {', '.join(roles)}: allowed is {', '.join(ROLES)}, once each")


def wrong(name: str) -> list[Wrong]:
    """The wrong variants of an exercise."""
    variants = []
    for file in sorted((FOLDER / name / "wrong").glob("*.py")):
        head, *rest = _percent(file).cells
        said = [n for n in ast.parse(head.source).body if isinstance(n, ast.Assign)]
        about = {n.targets[0].id: ast.literal_eval(n.value) for n in said}
        answers = {c.metadata["labgpt"]["id"]: c.source for c in rest if _role(c) == "answer"}
        variants.append(Wrong(file.stem, about["misconception"], about["loses"], about["says"], answers))
    return variants


def student(exercise: Exercise) -> nbformat.NotebookNode:
    """The notebook a learner gets: blanks for answers, no hidden cells, no outputs."""
    return _notebook(exercise, {c.question: c.blank for c in exercise.cells if c.role == "answer"})


def filled(exercise: Exercise, answers: dict[str, str] | None = None) -> nbformat.NotebookNode:
    """The student's notebook with answers filled in: the solution's, save those given by question id."""
    solution = {c.question: c.source for c in exercise.cells if c.role == "answer"}
    return _notebook(exercise, solution | (answers or {}))


def executed(exercise: Exercise) -> nbformat.NotebookNode:
    """The solution with the outputs of running it, for `pytest --nbval-lax`. Raises CellExecutionError where a cell fails."""
    import sys

    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from nbclient import NotebookClient

    class ThisPython(KernelSpecManager):
        """Whatever kernels the user has installed under whichever name, this Python runs."""

        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            return KernelSpec(argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], language="python")

    with tempfile.TemporaryDirectory(prefix="labgpt-", ignore_cleanup_errors=True) as folder:
        notebook = filled(exercise)
        manager = AsyncKernelManager(kernel_spec_manager=ThisPython())
        client = NotebookClient(notebook, km=manager, resources={"metadata": {"path": folder}}, force_raise_errors=True)
        client.execute(env=os.environ | environment(folder))
        return notebook


def build(name: str) -> Path:
    """Write `exercises/NAME/student.ipynb` and return its path. The same source gives the same bytes."""
    path = FOLDER / name / "student.ipynb"
    write_atomic(path, text(student(read(name))))
    return path


def text(notebook: nbformat.NotebookNode) -> str:
    """A notebook as the text of its file."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def _notebook(exercise: Exercise, answers: dict[str, str]) -> nbformat.NotebookNode:
    cells, started = [], False
    for c in exercise.cells:
        if c.role == "hidden":
            continue
        if c.role == "text":
            cells.append(new_markdown_cell(c.source, id=c.id))
            continue
        if not started:
            cells.append(new_code_cell(bootstrap_cell(), id="bootstrap"))
            started = True
        about = {"tags": [c.role], "labgpt": {"id": c.question}} if c.question else {}
        if c.role == "answer":
            about["labgpt"]["points"] = exercise.points[c.question]
        cells.append(new_code_cell(answers[c.question] if c.role == "answer" else c.source, id=c.id, metadata=about))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "labgpt": {"exercise": exercise.name}})


def _percent(file: Path) -> nbformat.NotebookNode:
    import jupytext

    return jupytext.reads(file.read_text(encoding="utf-8"), fmt="py:percent")


def _role(cell: nbformat.NotebookNode) -> str:
    if cell.cell_type != "code":
        return "text"
    return next((tag for tag in cell.metadata.get("tags", []) if tag in ROLES), "code")


def _lines(blank: str | list[str]) -> str:
    return blank if isinstance(blank, str) else "\n".join(blank)


def _need(ok: bool, file: Path, message: str) -> None:
    if not ok:
        raise ValueError(f"{file.parent.name}/{file.name}: {message}")
