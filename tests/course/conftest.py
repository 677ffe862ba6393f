"""A tiny exercise, so that what the grader does can be seen without torch, tables or training."""
import json
from itertools import zip_longest

import pytest

TINY = '''\
# %% [markdown]
# # A tiny exercise

# %%
FACTOR = 3

# %% tags=["answer"] labgpt={"id": "triple", "points": 2, "blank": ["def triple(x):", "    raise NotImplementedError(\\"three times x\\")"]}
# your answer
def triple(x):
    return FACTOR * x

# %% tags=["check"] labgpt={"id": "triple"}
from labgpt.course import check

check.close(triple(2), 6, "triple(2)", "apples", "FACTOR")
check.passed()

# %% tags=["hidden"] labgpt={"id": "triple"}
from labgpt.course import check

for x in (5, -7, 0.5):
    check.close(ask("triple", x), FACTOR * x, f"triple({x})", "apples", "FACTOR")

# %% tags=["answer"] labgpt={"id": "price", "points": 3, "blank": ["raise NotImplementedError(\\"one number\\")", "price = ..."]}
price = 7

# %% tags=["check"] labgpt={"id": "price"}
from labgpt.course import check

check.number(price, "price", "euros")
check.passed()

# %% tags=["hidden"] labgpt={"id": "price"}
from labgpt.course import check

mine = check.number(ask("price"), "price", "euros")
if mine == 70:
    award(1, "ten times too much: look at the unit")
else:
    check.close(mine, 7, "price", "euros", "the label")

# %% tags=["answer"] labgpt={"id": "last", "points": 1, "blank": "word = None"}
word = "done"

# %% tags=["check"] labgpt={"id": "last"}
print("nothing to see")

# %% tags=["hidden"] labgpt={"id": "last"}
from labgpt.course import check

check.require(ask("word") == "done", "word is not 'done': look at the spelling")
'''


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """The exercise, in a folder of its own."""
    from labgpt.course import exercises

    folder = tmp_path / "exercises"
    (folder / "00_tiny").mkdir(parents=True)
    (folder / "00_tiny" / "source.py").write_text(TINY, encoding="utf-8")
    monkeypatch.setattr(exercises, "FOLDER", folder)
    return exercises.read("00_tiny")


@pytest.fixture
def graded(tmp_path):
    """graded(notebook) -> {question: (points, reason)}, with the whole report under "report"."""
    def run(notebook, **limits) -> dict:
        from labgpt.course.grade import grade

        path = tmp_path / "submission.ipynb"
        path.write_text(notebook if isinstance(notebook, str) else json.dumps(notebook), encoding="utf-8")
        report = grade(path, **limits)
        return {q["id"]: (q["points"], q["reason"]) for q in report["questions"]} | {"report": report}

    return run


@pytest.fixture
def submissions():
    """submissions(name) -> wrong variants, one a question in each row: questions do not depend on each other."""
    from labgpt.course import exercises

    def rows(name: str) -> list[list[exercises.Wrong]]:
        variants = exercises.wrong(name)
        by_question = [[w for w in variants if question in w.loses] for question in exercises.read(name).points]
        return [[w for w in row if w] for row in zip_longest(*by_question)]

    return rows
