"""nbgrader starts from the same exercise: its tests are our checks, and the hidden ones are judged by our code, in its kernel.

So `nbgrader autograde` gives our points for honest work. Its kernel is the submission's own: our armour is not there.
"""
import json

import nbformat

from labgpt.course import exercises
from labgpt.course.exercises import Exercise
from labgpt.course.grade import hidden, shared_names
from labgpt.course.kernel import plain
from labgpt.course.runner import value_of


def source(exercise: Exercise) -> nbformat.NotebookNode:
    """The notebook for nbgrader's `source/NAME/NAME.ipynb`: solutions, and hidden tests that end in the points they give."""
    notebook = exercises.filled(exercise)
    for cell in notebook.cells:
        about, question = cell.metadata.get("nbgrader", {}), cell.metadata.get("labgpt", {}).get("id")
        if cell.cell_type == "code" and about.get("solution"):
            cell.source = f"### BEGIN SOLUTION\n{cell.source}\n### END SOLUTION"
        elif cell.cell_type == "code" and about.get("grade"):
            call = f"nbgrader.points(globals(), {exercise.name!r}, {question!r}, {exercise.secret!r})"
            cell.source += f"\n### BEGIN HIDDEN TESTS\nfrom labgpt.course import nbgrader\n\n{call}\n### END HIDDEN TESTS"
    return notebook


def points(names: dict, name: str, question: str, secret: bytes) -> float:
    """What the answers in `names`, a kernel's globals, get for a question; prints the reason where it is not all."""
    exercise = exercises.read(name, secret)

    def ask(asked: str, *args: object) -> object:
        return plain(asked, value_of(names, asked, json.loads(json.dumps(args))))

    got, reason = hidden(exercise, question, ask, shared_names(exercise))
    if got < exercise.points[question]:
        print(reason)
    return float(got)
