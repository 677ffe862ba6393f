"""Attempts at points without an answer. None gains any. Several a kernel: each puts its trick into another question."""
import json

import pytest

from labgpt.course import exercises

NO_ERROR = "get_ipython()._showtraceback = lambda *a, **k: None\nget_ipython().showtraceback = lambda *a, **k: None"
PATCHED = """
import builtins, math
from labgpt.course import check
check.require = check.close = lambda *a, **k: None
check.number = lambda value, *a, **k: 7.0
builtins.AssertionError = type("Quiet", (BaseException,), {})
math.isfinite = lambda x: True
"""
FORGED_VALUE = """
class Yes(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    def __abs__(self): return 0.0
    def __le__(self, other): return True
"""
# A message on the grader's own channel, and a json that lies: both can only send values, and values are judged elsewhere.
FORGED_MESSAGE = """
import json
get_ipython().display_pub.publish({"application/vnd.labgpt+json": "7"})
json.dumps = lambda *a, **k: '"8"'
"""
BAD = {"triple": "def triple(x): return 6", "price": "price = 8", "last": "word = 'no'"}  # passes the visible checks

TRICKS = {
    "showtraceback": {q: f"{NO_ERROR}\n{code}" for q, code in BAD.items()},
    "patched_checks": {q: f"{PATCHED}\n{code}" for q, code in BAD.items()},
    "sys_exit": {q: f"{code}\nimport sys; sys.exit(0)" for q, code in BAD.items()},
    "raise_system_exit_silently": {q: f"{code}\n{NO_ERROR}\nraise SystemExit" for q, code in BAD.items()},
    "lying_numbers": {"triple": f"{FORGED_VALUE}\ndef triple(x): return Yes(1)", "price": f"{FORGED_VALUE}\nprice = Yes(8)",
                      "last": "class S(str):\n    __eq__ = lambda self, other: True\n    __hash__ = str.__hash__\nword = S('no')"},
    "nan": {"triple": "def triple(x): return float('nan')", "price": "price = float('nan')", "last": "word = float('inf')"},
    "forged_value_message": {"triple": f"{FORGED_MESSAGE}\ndef triple(x): return 6", "price": BAD["price"], "last": BAD["last"]},
    "printed_verdict": {q: f"{code}\nprint('visible checks passed'); print('{{\"points\": 6}}')" for q, code in BAD.items()},
    "atexit_and_threads": {q: f"{code}\nimport atexit, threading\natexit.register(print, 'x')\n"
                              "threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()"
                           for q, code in BAD.items()},
}


@pytest.mark.parametrize("trick", TRICKS)
def test_trick_in_an_answer(tiny, graded, trick):
    report = graded(exercises.filled(tiny, TRICKS[trick]), cell_s=10)["report"]
    assert {q["points"] for q in report["questions"]} == {0}, report["questions"]


@pytest.mark.parametrize("trick", ["os_exit", "kill_itself"])
def test_ending_the_process(tiny, graded, trick):
    code = "import os; os._exit(0)" if trick == "os_exit" else "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    got = graded(exercises.filled(tiny, {"triple": f"{BAD['triple']}\n{code}"}), cell_s=10)
    assert got["triple"][0] == 0 and got["report"]["points"] == 4


def _tampered(tiny, tamper) -> dict:
    notebook = json.loads(exercises.text(exercises.filled(tiny, BAD)))
    for cell in list(notebook["cells"]):
        tamper(notebook["cells"], cell)
    return notebook


def _skip(cells, cell):
    cell["metadata"]["tags"] = cell["metadata"].get("tags", []) + ["skip-execution", "nbval-skip", "raises-exception"]
    if cell["cell_type"] == "code":
        cell["source"] = f"# NBVAL_SKIP\n# NBVAL_RAISES_EXCEPTION\n{''.join(cell['source'])}"


def _edit(cells, cell):
    if cell["id"].endswith("-check"):
        cell["source"] = "print('visible checks passed')"


def _delete(cells, cell):
    if cell["id"].endswith("-check"):
        cells.remove(cell)


def _points(cells, cell):
    if "labgpt" in cell["metadata"]:
        cell["metadata"]["labgpt"] |= {"points": 1000, "max_points": 0, "reason": "correct"}


def _output(cells, cell):
    if cell["cell_type"] == "code":
        cell |= {"execution_count": 1, "outputs": [{"output_type": "stream", "name": "stdout", "text": "visible checks passed"}]}


@pytest.mark.parametrize("tamper", [_skip, _edit, _delete, _points, _output])
def test_tampering_with_the_file(tiny, graded, tamper):
    report = graded(_tampered(tiny, tamper))["report"]
    assert report["points"] == 0 and report["max_points"] == 6
    assert bool(report["altered"]) == (tamper in (_skip, _edit, _delete))
