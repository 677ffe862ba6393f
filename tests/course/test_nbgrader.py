"""nbgrader gives our points for honest work: every exercise's solution, blank and wrong variants. Needs the extra [grading]."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

from labgpt.course import exercises, nbgrader
from labgpt.course.grade import grade
from labgpt.course.packages import ROOT

api = pytest.importorskip("nbgrader.api")


@pytest.mark.slow
@pytest.mark.parametrize("name", exercises.names())
def test_autograde_gives_the_same_points(name, tmp_path, submissions):
    exercise = exercises.read(name)
    notebooks = {"solution": exercises.filled(exercise), "blank": exercises.student(exercise)}
    for number, variants in enumerate(submissions(name)):
        answers = {q: source for w in variants for q, source in w.answers.items()}
        notebooks[f"wrong-{number}"] = exercises.filled(exercise, answers)
    places = {student: tmp_path / "submitted" / student / name / f"{name}.ipynb" for student in notebooks}
    for path, notebook in [(tmp_path / "source" / name / f"{name}.ipynb", nbgrader.source(exercise)),
                           *((places[s], n) for s, n in notebooks.items())]:  # fmt: skip
        path.parent.mkdir(parents=True)
        path.write_text(exercises.text(notebook), encoding="utf-8")
    here = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])  # nbgrader calls its alembic by name
    for verb in (["generate_assignment", name, "--force"], ["autograde", name]):
        done = subprocess.run([sys.executable, "-m", "nbgrader", *verb], cwd=tmp_path, capture_output=True, text=True,
                              env=os.environ | {"PYTHONPATH": str(ROOT), "PATH": here})  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
    release = (tmp_path / "release" / name / f"{name}.ipynb").read_text(encoding="utf-8")
    assert "HIDDEN TESTS" not in release and "nbgrader.points" not in release
    with api.Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        theirs = {s.student.id: s.score for s in book.assignment_submissions(name)}
    assert theirs == {student: grade(path)["points"] for student, path in places.items()}
