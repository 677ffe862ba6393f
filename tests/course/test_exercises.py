"""From one source: the student's notebook, always the same bytes; and what a source must hold."""
import json

import nbformat
import pytest

from labgpt.course import exercises
from labgpt.course.colab import bootstrap_cell


def test_student_notebook_has_blanks_and_nothing_hidden(tiny):
    notebook = exercises.student(tiny)
    nbformat.validate(notebook)
    text = exercises.text(notebook)
    assert "hidden" not in text and "return FACTOR * x" not in text and "0.5" not in text
    code = [c for c in notebook.cells if c.cell_type == "code"]
    assert code[0].source == bootstrap_cell()
    assert all(c.outputs == [] and c.execution_count is None for c in code)
    ids = [c.id for c in notebook.cells]
    assert ids[:5] == ["cell-00", "bootstrap", "cell-01", "triple-answer", "triple-check"] and len(set(ids)) == len(ids)
    answer = next(c for c in notebook.cells if c.id == "triple-answer")
    assert answer.metadata["tags"] == ["answer"] and answer.metadata["labgpt"] == {"id": "triple", "points": 2}
    assert "NotImplementedError" in answer.source
    assert notebook.metadata.labgpt.exercise == "00_tiny"


def test_building_twice_gives_the_same_bytes(tiny):
    first = exercises.build("00_tiny").read_bytes()
    assert exercises.build("00_tiny").read_bytes() == first and first.endswith(b"}\n") and b"\r" not in first


@pytest.mark.parametrize("name", exercises.names())
def test_committed_student_notebooks_are_those_of_their_sources(name):
    committed = exercises.FOLDER / name / "student.ipynb"
    assert committed.read_text(encoding="utf-8") == exercises.text(exercises.student(exercises.read(name))), \
        f"`labgpt exercise build {name}` and commit student.ipynb"


@pytest.mark.parametrize("name", exercises.names())
def test_an_exercise_is_complete(name):
    """At least four questions, two wrong variants for each, hints in three tiers."""
    exercise, variants = exercises.read(name), exercises.wrong(name)
    assert len(exercise.points) >= 4
    for question, most in exercise.points.items():
        losing = [w for w in variants if question in w.loses]
        assert len(losing) >= 2, question
        assert all(0 < w.loses[question] <= most and w.misconception and set(w.answers) == set(w.loses) for w in losing)
    prose = "\n".join(c.source for c in exercise.cells if c.role == "text")
    assert prose.count("Hint 3") == len(exercise.points)


@pytest.mark.parametrize("old, new, says", [
    ('"points": 2, ', '"points": 0, ', "points = 0"),
    ('raise NotImplementedError(\\"three times x\\")', "pass", "blank must raise"),
    ('tags=["hidden"] labgpt={"id": "last"}', 'tags=["hidden"] labgpt={"id": "price"}', "allowed is answer, check, hidden"),
    ('tags=["check"] labgpt={"id": "last"}', 'tags=["check"]', "allowed is a name"),
])
def test_a_source_that_could_not_be_graded_is_refused(tiny, old, new, says):
    file = exercises.FOLDER / "00_tiny" / "source.py"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=says) as caught:
        exercises.read("00_tiny")
    assert "\n" not in str(caught.value)


def test_an_unknown_exercise_is_named(tiny):
    with pytest.raises(ValueError, match="99_none.*allowed is 00_tiny"):
        exercises.read("99_none")


def test_text_is_plain_json(tiny):
    assert json.loads(exercises.text(exercises.student(tiny)))["nbformat"] == 4
