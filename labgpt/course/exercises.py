"""Exercises: one source each, the solution; the student's notebook and the executed solution are made from it.

`exercises/NAME/source.py` is jupytext percent. A question is three cells that carry the same id:

    # %% tags=["answer"] labgpt={"id": "count", "points": 2, "blank": ["# your answer", "raise NotImplementedError('hint')"]}
    # %% tags=["check"]  labgpt={"id": "count"}      visible: runs in the learner's kernel, says what to look at
    # %% tags=["hidden"] labgpt={"id": "count"}      runs in the grader's process, on values asked from the kernel

The unmarked code cells run in both places, so that hidden checks have their names too; a line `n = drawn.integer("n", 10, 99)`
in one is drawn from the class's secret (sealed.Drawn), and hidden checks draw their inputs from the same `drawn`.
A question marked by hand is one markdown answer cell with a `rubric`, a list of lines such as "1 point: names the floor".
`wrong/*.py` holds wrong answers: a first cell with `misconception`, `loses = {id: points}` and `says` (what the reason must
mention), then answer cells.
"""
import ast
import os
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from labgpt.course.colab import bootstrap_cell
from labgpt.course.packages import ROOT
from labgpt.course.sandbox import environment
from labgpt.course.sealed import Drawn
from labgpt.record import sha256, write_atomic

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
    rubric: tuple[str, ...] = ()  # answers that are marked by hand


@dataclass(frozen=True)
class Exercise:
    name: str
    cells: tuple[Cell, ...]
    points: dict[str, float] = field(default_factory=dict)  # question id -> points, in order
    secret: bytes = b""  # of the class it is built for

    def cell(self, question: str, role: str) -> Cell:
        return next(c for c in self.cells if c.question == question and c.role == role)

    def rubric(self, question: str) -> tuple[str, ...]:
        """How a question is marked by hand; () where checks mark it."""
        return self.cell(question, "answer").rubric

    def hints(self, question: str) -> list[str]:
        """The hints in the text before the question's answer, mildest first."""
        before = self.cells[: self.cells.index(self.cell(question, "answer"))]
        text = next((c.source for c in reversed(before) if c.role == "text"), "")
        return re.findall(r"<summary>Hint \d</summary>(.*?)</details>", text, flags=re.S)

    @property
    def title(self) -> str:
        return self.cells[0].source.partition("\n")[0].lstrip("# ")


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


def read(name: str, secret: bytes = b"") -> Exercise:
    """Parse and check an exercise's source, its numbers drawn from the secret (the public edition's is empty).

    Raises ValueError for an unknown exercise, or a source in which a question lacks a cell, its points or its blank.
    """
    file = FOLDER / name / "source.py"
    if name not in names():
        raise ValueError(f"exercise = {name!r}: allowed is {', '.join(names()) or 'none, this installation has no exercises'}")
    cells, points, drawn = [], {}, Drawn(secret, name)
    for index, raw in enumerate(_percent(file).cells):
        role, about = _role(raw), raw.metadata.get("labgpt", {})
        _need("incorrectly_encoded_metadata" not in raw.metadata, file, f"jupytext cannot read the metadata of cell {index}")
        if role in ("text", "code"):
            cells.append(Cell(f"cell-{index:02d}", role, drawn.filled(raw.source) if role == "code" else raw.source))
            continue
        question, blank = about.get("id", ""), about.get("blank", "")
        blank = blank if isinstance(blank, str) else "\n".join(blank)
        _need(question.isidentifier(), file, f"a {role} cell has id {question!r}: allowed is a name such as count")
        if role == "answer":
            worth, by_hand = about.get("points", 0), raw.cell_type == "markdown"
            _need(by_hand == bool(about.get("rubric")), file, f"{question}: a markdown answer has a rubric, a code answer none")
            _need(worth > 0, file, f"{question}: points = {worth!r}: allowed is a number above 0")
            # A prediction may be left empty without stopping "Run all"; any other blank says that it is one.
            told = "NotImplementedError" in blank or "= None" in blank or by_hand
            _need(told, file, f"{question}: blank must raise NotImplementedError")
            points[question] = worth
        cells.append(Cell(f"{question}-{role}", role, raw.source, question, blank, about.get("objective", 0),
                          tuple(about.get("rubric", ()))))  # fmt: skip
    _complete(file, cells)
    return Exercise(name, tuple(cells), points, secret)


def _complete(file: Path, cells: list[Cell]) -> None:
    """Each question has its three cells, once each and in this order: one without a hidden check could be forged."""
    for question in dict.fromkeys(c.question for c in cells if c.question):
        roles = tuple(c.role for c in cells if c.question == question)
        wanted = ROLES[:1] if any(c.rubric for c in cells if c.question == question) else ROLES
        _need(roles == wanted, file, f"{question} has cells {', '.join(roles)}: allowed is {', '.join(wanted)}, once each")


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
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpecManager
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory(prefix="labgpt-", ignore_cleanup_errors=True) as folder:
        notebook = filled(exercise)
        manager = AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))  # so it is this Python's own kernel
        client = NotebookClient(notebook, km=manager, resources={"metadata": {"path": folder}}, force_raise_errors=True)
        client.execute(env=os.environ | environment(folder))
        return notebook


def build(name: str) -> Path:
    """Write `exercises/NAME/student.ipynb` and return its path. The same source gives the same bytes."""
    path = FOLDER / name / "student.ipynb"
    write_atomic(path, text(student(read(name))))
    return path


def read_secret(file: Path) -> bytes:
    """A class's secret. Raises ValueError where the file cannot be read, or holds one that could be guessed."""
    try:
        secret = file.read_bytes().strip()
    except OSError as error:
        raise ValueError(f"secret = {str(file)!r}: {error.strerror}; allowed is a file with 16 characters or more") from None
    if len(secret) < 16:
        raise ValueError(f"secret = {str(file)!r}: {len(secret)} characters; allowed are 16 or more: "
                         "python -c \"import secrets; print(secrets.token_hex())\" prints some")
    return secret


def text(notebook: nbformat.NotebookNode) -> str:
    """A notebook as the text of its file."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def _notebook(exercise: Exercise, answers: dict[str, str]) -> nbformat.NotebookNode:
    cells, started = [], False
    for c in exercise.cells:
        if c.role == "hidden":
            continue
        about = {"tags": [c.role], "labgpt": {"id": c.question}, "nbgrader": _nbgrader(exercise, c)} if c.question else {}
        if c.role == "answer":
            about["labgpt"]["points"] = exercise.points[c.question]
        source = answers[c.question] if c.role == "answer" else c.source
        if c.role == "text" or c.rubric:
            cells.append(new_markdown_cell(source, id=c.id, metadata=about))
            continue
        if not started:
            cells.append(new_code_cell(bootstrap_cell(), id="bootstrap"))
            started = True
        cells.append(new_code_cell(source, id=c.id, metadata=about))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    built = {"exercise": exercise.name} | ({"class": class_id(exercise.secret)} if exercise.secret else {})
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "labgpt": built})


def _nbgrader(exercise: Exercise, cell: Cell) -> dict:
    """What nbgrader keeps in a cell: an answer is a solution, a check a test; what is marked by hand is both."""
    graded = cell.role == "check" or bool(cell.rubric)
    worth = {"points": exercise.points[cell.question]} if graded else {}
    return {"schema_version": 3, "grade_id": cell.id, "grade": graded, "solution": cell.role == "answer", "task": False,
            "locked": cell.role == "check"} | worth  # fmt: skip


def class_id(secret: bytes) -> str:
    """Says which class a notebook was built for, and nothing about its secret."""
    return sha256(b"labgpt class " + secret)[:8]


def _percent(file: Path) -> nbformat.NotebookNode:
    import jupytext

    return jupytext.reads(file.read_text(encoding="utf-8"), fmt="py:percent")


def _role(cell: nbformat.NotebookNode) -> str:
    plain = "code" if cell.cell_type == "code" else "text"
    return next((tag for tag in cell.metadata.get("tags", []) if tag in ROLES), plain)


def _need(ok: bool, file: Path, message: str) -> None:
    if not ok:
        raise ValueError(f"{file.parent.name}/{file.name}: {message}")
