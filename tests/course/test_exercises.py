"""From one source: the student's notebook, always the same bytes; and what a source must hold."""
import json
import re

import nbformat
import pytest

from labgpt.course import exercises, handout, nbgrader, sealed
from labgpt.course.colab import bootstrap_cell
from labgpt.course.grade import grade


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


DRAWN = ('FACTOR = 3', 'FACTOR = drawn.integer("factor", 1000, 9999)  # apples')


def test_a_class_has_numbers_of_its_own(tiny, tmp_path):
    """Another secret, other numbers in the notebook and in the hidden checks; the public edition's solution is worth less there."""
    file = exercises.FOLDER / "00_tiny" / "source.py"
    text = file.read_text(encoding="utf-8").replace(*DRAWN).replace("check.close(triple(2), 6", "check.close(triple(2), 2 * FACTOR")
    file.write_text(text, encoding="utf-8")
    public, one, other = (exercises.read("00_tiny", secret) for secret in (b"", b"0123456789abcdef", b"another secret!!"))
    given = [e.cells[1].source for e in (public, one, other)]
    assert len(set(given)) == 3 and all(re.fullmatch(r"FACTOR = \d{4}  # apples", source) for source in given)
    assert given[1] == exercises.read("00_tiny", b"0123456789abcdef").cells[1].source  # and always the same ones
    secret = tmp_path / "secret"
    secret.write_bytes(b"0123456789abcdef\n")
    files = handout.build_class("00_tiny", tmp_path / "class", exercises.read_secret(secret))
    handed_out = (tmp_path / "class" / "student" / "00_tiny.ipynb").read_text(encoding="utf-8")
    assert len(files) == 4 and given[1] in handed_out.replace('\\"', '"') and "0123456789" not in handed_out and "hidden" not in handed_out
    solution = tmp_path / "class" / "teacher" / "00_tiny_solution.ipynb"
    assert grade(solution, secret=b"0123456789abcdef")["points"] == 6
    with pytest.raises(ValueError, match="built for a class.*--secret"):
        grade(solution)
    fixed = {"triple": f"def triple(x): return {given[0].split()[2]} * x"}  # as a public solution would print it
    (tmp_path / "copied.ipynb").write_text(exercises.text(exercises.filled(public, fixed)), encoding="utf-8")
    assert grade(tmp_path / "copied.ipynb")["points"] == 6 and grade(tmp_path / "copied.ipynb", secret=b"0123456789abcdef")["points"] == 4
    secret.write_bytes(b"short")
    with pytest.raises(ValueError, match="5 characters; allowed are 16"):
        exercises.read_secret(secret)


def test_draws_are_the_same_on_every_machine():
    drawn = sealed.Drawn(b"secret", "00_tiny")
    assert [drawn.integer("a", 1, 6), drawn.number("b", 0, 1), drawn.choice("c", "xyz")] == [3, 0.9702, "x"]
    with pytest.raises(ValueError, match="allowed is drawn.integer"):
        drawn.filled('x = drawn.integer("a", open("f"), 2)')


def test_nbgrader_knows_the_cells(tiny):
    by_id = {c["id"]: c.metadata.get("nbgrader") for c in exercises.student(tiny).cells}
    assert by_id["price-answer"] == {"schema_version": 3, "grade_id": "price-answer", "grade": False, "solution": True, "task": False,
                                     "locked": False}  # fmt: skip
    assert by_id["price-check"]["grade"] and by_id["price-check"]["locked"] and by_id["price-check"]["points"] == 3
    source = {c["id"]: c.source for c in nbgrader.source(tiny).cells}
    assert "### BEGIN HIDDEN TESTS" in source["price-check"] and "### BEGIN SOLUTION" in source["price-answer"]
    names = {"price": 70, "triple": lambda x: 3 * x, "word": "no"}
    assert [nbgrader.points(names, "00_tiny", q, b"") for q in tiny.points] == [2, 1, 0]
