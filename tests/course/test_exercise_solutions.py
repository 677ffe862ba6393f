"""Every exercise, graded: the solution whole, the blank nothing, each wrong variant exactly what it says."""
import os
import subprocess
import sys

import pytest

from labgpt.course import exercises
from labgpt.course.packages import ROOT

NAMES = exercises.names()


@pytest.mark.parametrize("name", NAMES)
def test_solution_full_blank_zero_wrong_variants_their_points(name, graded, submissions):
    exercise = exercises.read(name)
    solved, blank = graded(exercises.filled(exercise))["report"], graded(exercises.student(exercise))["report"]
    assert solved["points"] == solved["max_points"] == sum(exercise.points.values()), solved["questions"]
    assert blank["points"] == 0, blank["questions"]
    for variants in submissions(name):
        answers = {q: source for w in variants for q, source in w.answers.items()}
        got = graded(exercises.filled(exercise, answers))
        loses = {q: points for w in variants for q, points in w.loses.items()}
        assert {q: got[q][0] for q in exercise.points} == {q: p - loses.get(q, 0) for q, p in exercise.points.items()}, got
        for w in variants:
            for question in w.loses:
                assert w.says in got[question][1], (w.name, got[question][1])


@pytest.mark.parametrize("name", NAMES)
def test_executed_solution_is_green_under_nbval(name, tmp_path):
    """What a learner runs on their copy: `pytest --nbval-lax`."""
    notebook = exercises.executed(exercises.read(name))
    (tmp_path / "solution.ipynb").write_text(exercises.text(notebook), encoding="utf-8")
    checks = [c for c in notebook.cells if "check" in c.metadata.get("tags", [])]
    assert all("visible checks passed" in c.outputs[-1].text for c in checks)
    command = [sys.executable, "-m", "pytest", "-q", "--nbval-lax", "--nbval-current-env", "-p", "no:cacheprovider", "solution.ipynb"]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_what_exercise_01_teaches_holds_for_every_seed():
    """The bend stays with the floor taken off, also with the embedding counted; overfitting begins before the last epoch."""
    import numpy as np

    from labgpt.course import Lesson

    table = Lesson("01_model_size").reference
    for seed in table.seed.unique():
        sizes = table[(table.group == "sizes") & (table.seed == seed)].sort_values("n_matmul")
        assert len(sizes) >= 5 and sizes.tokens.nunique() == 1 and sizes.bayes_loss.notna().all()
        for n in (sizes.n_matmul, sizes.n_total):
            falls = -np.diff(np.log(sizes.val_loss - sizes.bayes_loss)) / np.diff(np.log(n))
            assert falls[-1] < 0.4 * falls[0]
        short = table[(table.group == "short") & (table.d_model == 32) & (table.seed == seed)].sort_values("tokens")
        assert 0 < short.val_loss.argmin() < len(short) - 1 and (short.train_loss.diff().dropna() < 0).all()
