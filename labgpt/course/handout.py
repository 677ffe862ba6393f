"""An exercise for one class: its notebook to hand out, and what its teacher keeps."""

from pathlib import Path

from labgpt.course import exercises, nbgrader
from labgpt.course.grade import grade
from labgpt.record import write_atomic


def build_class(name: str, folder: Path, secret: bytes) -> list[Path]:
    """Write an exercise whose numbers are drawn from the secret; returns the files.

    `student/` is to hand out. `teacher/` has the executed solution, the hidden checks, and the notebook nbgrader starts from.
    Raises ValueError where the solution does not get all points with these numbers.
    """
    exercise, teacher = exercises.read(name, secret), folder / "teacher"
    checks = [f"# {c.question}: {exercise.points[c.question]:g} points\n{c.source}\n" for c in exercise.cells if c.role == "hidden"]
    notebooks = {folder / "student" / f"{name}.ipynb": exercises.student(exercise),
                 teacher / f"{name}_solution.ipynb": exercises.executed(exercise),
                 teacher / "nbgrader" / "source" / name / f"{name}.ipynb": nbgrader.source(exercise)}  # fmt: skip
    files = {path: exercises.text(notebook) for path, notebook in notebooks.items()}
    files[teacher / f"{name}_hidden_checks.py"] = "\n\n".join(checks)
    for path, written in files.items():
        write_atomic(path, written)
    report = grade(teacher / f"{name}_solution.ipynb", secret=secret)
    short = [f"{q['id']} ({q['reason']})" for q in report["questions"] if q["points"] < q["max_points"] and not exercise.rubric(q["id"])]
    if short:
        raise ValueError(f"exercise {name}: with this secret its own solution fails in {', '.join(short)}; try another secret")
    return list(files)
