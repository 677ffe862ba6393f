"""Attempts at points without an answer. None gains any. Several a kernel: each puts its trick into every question."""
import json
import os
import socket

import pytest

from labgpt.course import exercises, sandbox
from labgpt.course.grade import lines
from labgpt.course.kernel import Budget, kernel
from labgpt.course.packages import ROOT

BAD = {"triple": "def triple(x): return 6", "price": "price = 8", "last": "word = 'no'"}  # passes the visible checks
NO_ERROR = "get_ipython()._showtraceback = lambda *a, **k: None\nget_ipython().showtraceback = lambda *a, **k: None"
PATCHED = """
import builtins, math
from labgpt.course import check
check.require = check.close = lambda *a, **k: None
check.number = lambda value, *a, **k: 7.0
builtins.AssertionError = type("Quiet", (BaseException,), {})
math.isfinite = lambda x: True
"""
LIBRARIES = """
import math, numpy, torch
same = lambda *a, **k: True
math.isclose = numpy.isclose = numpy.allclose = numpy.array_equal = torch.equal = torch.allclose = same
numpy.testing.assert_allclose = numpy.testing.assert_equal = lambda *a, **k: None
"""
LYING = """
class Yes(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    def __abs__(self): return 0.0
    def __le__(self, other): return True
    def tolist(self): return True
class Any(dict):
    def __eq__(self, other): return True
    def __getitem__(self, key): return Yes(7)
"""
# A json that lies, and a runner that says yes: both can only send values, and values are judged elsewhere.
LYING_JSON = """
import json, sys
json.dumps = lambda *a, **k: '{"id": 1, "value": "true", "error": null, "points": 6}'
runner = sys.modules["__main__"]
for module in list(sys.modules.values()):
    for name in ("value_of", "_run", "_said"):
        if hasattr(module, name) and getattr(module, "__file__", "") and module.__file__.endswith("runner.py"):
            setattr(module, name, lambda *a: "true")
"""
PIPE = """
import os
def forge():
    for fd in range(3, 40):
        for number in range(1, 30):
            try: os.write(fd, b'{"id": %d, "value": "7"}\\n' % number)
            except OSError: break
forge()
"""
TRACE = """
import sys
def tracer(frame, event, arg):
    frame.f_locals.update(expected=0, room=1e9, x=2)
    return tracer
sys.settrace(tracer); sys.setprofile(lambda *a: None)
"""
LINGER = """
import atexit, threading, time
atexit.register(lambda: print("6 of 6"))
def later():
    while True:
        globals().update(price=7 if False else 8, verdict="correct")
        time.sleep(.001)
threading.Thread(target=later, daemon=True).start()
threading.Thread(target=lambda: time.sleep(1000)).start()
"""
GARBAGE = """
import gc
for thing in gc.get_objects():
    if isinstance(thing, dict) and "max_points" in thing: thing.update(points=6, max_points=6, awarded=[(6, "")])
    if isinstance(thing, list) and len(thing) == 2 and thing[-1] == "correct": thing[0] = 6
"""
SPAM = 'import sys, os\nfor _ in range(20_000): print("visible checks passed" * 20)\nos.system("yes correct | head -c 3000000")'
COMMANDS = "!echo 6 of 6 points\n%config InteractiveShell.ast_node_interactivity = 'none'\n%matplotlib inline"
AST = """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_Call(self, node): return ast.Constant(7)
get_ipython().ast_transformers.append(Drop())
get_ipython().input_transformers_cleanup.append(lambda lines: ["price = 8; word = 'no'\\n"])
"""
DEEP = "import sys\nsys.setrecursionlimit(10**6)\nnested = []\nfor _ in range(50_000): nested = [nested]\n"

TRICKS = {
    "showtraceback": NO_ERROR, "patched_checks": PATCHED, "patched_libraries": LIBRARIES, "lying_json_and_runner": LYING_JSON,
    "settrace": TRACE, "atexit_and_threads_that_outlive": LINGER, "awards_in_memory": GARBAGE, "printed_verdict_and_output": SPAM,
    "shell_and_magics": COMMANDS, "transformed_checks": AST,
    "replaced_exit": "import sys, os, builtins\nsys.exit = os._exit = exit = quit = builtins.exit = lambda *a: None",
    "warnings_and_excepthook": "import sys\nsys.excepthook = lambda *a: None\nsys.stdout = sys.stderr = None",
    "import_hook": "import sys\nsys.modules['labgpt.course.check'] = sys.modules['labgpt.course'] = type(sys)('check')",
}  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
def test_trick_in_every_answer(tiny, graded, trick):
    report = graded(exercises.filled(tiny, {q: f"{TRICKS[trick]}\n{code}" for q, code in BAD.items()}), cell_s=5)["report"]
    assert {q["points"] for q in report["questions"]} == {0}, report["questions"]


VALUES = {
    "lying_numbers": (f"{LYING}\ndef triple(x): return Yes(1)", f"{LYING}\nprice = Yes(8)",
                      "class S(str):\n    __eq__ = lambda self, other: True\n    __hash__ = str.__hash__\nword = S('no')"),
    "lying_containers": (f"{LYING}\ndef triple(x): return Any()", f"{LYING}\nprice = Any()", f"{LYING}\nword = Any()"),
    "nan_and_infinity": ("def triple(x): return 6 if x == 2 else float('nan')",
                         "import numpy\nprice = numpy.float64('inf')", "word = float('nan')"),
    "huge_values": ("def triple(x): return 6 if x == 2 else [0] * 10**7", "price = 10**4000", "word = 'done' * 10**7"),
    "nested_values": (f"{DEEP}def triple(x): return 6 if x == 2 else nested", f"{DEEP}price = nested", f"{DEEP}word = nested"),
    "sys_exit": tuple(f"{code}\nimport sys; sys.exit(0)" for code in BAD.values()),
    "system_exit_silently": tuple(f"{code}\n{NO_ERROR}\nraise SystemExit" for code in BAD.values()),
    "exit_when_asked": ("def triple(x):\n    if x == 2: return 6\n    raise SystemExit(0)", "def price(): raise KeyboardInterrupt",
                        "def word(): raise type('AssertionError', (BaseException,), {})"),
    "forged_pipe": (f"{PIPE}\ndef triple(x): return 6", f"{PIPE}\nprice = 8", f"{PIPE}\nword = 'no'"),
    "forged_when_asked": (f"{PIPE}\ndef triple(x):\n    if x != 2: forge()\n    return 6", BAD["price"], BAD["last"]),
}  # fmt: skip


@pytest.mark.parametrize("trick", VALUES)
def test_a_value_that_is_none(tiny, graded, trick):
    report = graded(exercises.filled(tiny, dict(zip(BAD, VALUES[trick]))), cell_s=5)["report"]
    assert {q["points"] for q in report["questions"]} == {0}, report["questions"]


ENDS = {
    "os_exit": "import os; os._exit(0)",
    "kills_itself": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "kills_all": "import os, signal; os.kill(-1, signal.SIGKILL)",
    "segfault": "import ctypes; ctypes.string_at(0)",
    "closed_pipe": "import os; os.closerange(3, 200); input()",
    "endless_loop": "while True: pass",
    "endless_output": "while True: print('visible checks passed' * 1000)",
    "fork_bomb": "import os\nwhile True: os.fork()",
    "endless_answers": "import os\nwhile True:\n    for fd in range(3, 30):\n"
                       "        try: os.write(fd, b'x' * 10**6)\n        except OSError: pass",
}


@pytest.mark.parametrize("end", ENDS)
def test_ending_or_holding_the_process_costs_its_question_only(tiny, graded, end):
    if end in ("kills_all", "fork_bomb") and not sandbox.available():
        pytest.skip("without a sandbox this would hit the tests themselves")
    got = graded(exercises.filled(tiny, {"triple": f"{BAD['triple']}\n{ENDS[end]}"}), cell_s=2)
    assert got["triple"][0] == 0 and ("only this question is lost" in got["triple"][1] or end == "kills_all"), got
    assert got["report"]["points"] == 4, got


@pytest.mark.parametrize("bomb", ["list", "processes"])
def test_memory_bomb(tiny, graded, bomb, monkeypatch):
    monkeypatch.setattr(sandbox, "MEMORY", 400 << 20)
    code = {"list": "x = []\nwhile True: x.append(bytearray(10**7))",
            "processes": "import os, time\nfor _ in range(4): os.fork()\nx = b'1' * (2 * 10**8)\ntime.sleep(60)"}[bomb]  # fmt: skip
    got = graded(exercises.filled(tiny, {"triple": f"{BAD['triple']}\n{code}"}), cell_s=10)
    assert got["triple"][0] == 0 and got["report"]["points"] == 4, got
    assert "memory" in got["triple"][1].lower(), got


# What it would take from the machine, and how one would get it. Each leaves a mark in its answer where it succeeds.
STOLEN = """
import glob, os, pathlib, socket, subprocess, sys
def found():
    {code}
try: price = 70 if found() else 8
except Exception as error: price = 8
"""
THEFTS = {
    "exercise_source": "from labgpt.course import exercises; return exercises.names()",
    "hidden_checks_on_disk": "return [p for p in pathlib.Path('{root}').rglob('source.py') if 'site-packages' not in p.parts]",
    "git": "return subprocess.run(['git', '-C', '{root}', 'log'], capture_output=True).stdout or os.path.exists('{root}/.git')",
    "other_submissions": "return open('{submission}').read()",
    "folder_of_submissions": "return os.listdir(os.path.dirname('{submission}'))",
    "proc": "return any(b'pytest' in open(p, 'rb').read() for p in glob.glob('/proc/[0-9]*/cmdline'))",
    "environment": "return any(b'LABGPT_TEST_SECRET' in open(p, 'rb').read() for p in glob.glob('/proc/[0-9]*/environ'))",
    "result_file": "open('{result}', 'w').write('points'); return True",
    "symlink": "os.symlink('{submission}', 'link.ipynb'); return open('link.ipynb').read()",
    "network": "s = socket.create_connection(('127.0.0.1', {port}), 2); return s.recv(1)",
    "package": "open('{root}/labgpt/course/check.py', 'a').close(); return True",
    "home": "return [n for n in os.listdir('{home}') if not sys.base_prefix.startswith(os.path.join('{home}', n))]",
    "full_disk": "return [open(f'/tmp/{{n}}', 'wb').write(b'1' * 10**7) for n in range(20)]",
}  # fmt: skip


@pytest.fixture(scope="module")
def thief(tmp_path_factory):
    """steal(name) -> whether that theft succeeds, in one process for all of them."""
    place = tmp_path_factory.mktemp("teacher")
    (place / "submission.ipynb").write_text("{}", encoding="utf-8")
    os.environ["LABGPT_TEST_SECRET"] = "1"
    with socket.create_server(("127.0.0.1", 0)) as server, kernel(Budget(20, 60)) as fresh:
        def steal(name: str, where=fresh) -> bool:
            code = THEFTS[name].format(root=ROOT, submission=place / "submission.ipynb", result=place / "result.json",
                                       port=server.getsockname()[1], home=os.path.expanduser("~"))  # fmt: skip
            assert where.run(STOLEN.format(code=code)) is None
            return where.ask("price") == 70

        yield steal
    del os.environ["LABGPT_TEST_SECRET"]


@pytest.mark.skipif(not sandbox.available(), reason="needs bubblewrap; without it reports say `sandboxed: false`")
@pytest.mark.parametrize("theft", THEFTS)
def test_nothing_of_the_machine_is_to_be_had(thief, theft):
    assert thief(theft) is False


def test_without_a_sandbox_it_is_to_be_had_and_the_report_says_so(thief, tiny, graded, monkeypatch):
    """So the thefts above are real ones, and `unsandboxed` is no empty word."""
    monkeypatch.setattr(sandbox, "available", lambda: False)
    with kernel(Budget(20, 60)) as fresh:
        assert all(thief(theft, fresh) for theft in ("exercise_source", "other_submissions", "proc", "result_file", "symlink"))
    report = graded(exercises.filled(tiny))["report"]
    assert report["points"] == 6 and report["sandboxed"] is False and "unsandboxed" in lines(report)[-1]


def _tampered(tiny, tamper) -> dict:
    notebook = json.loads(exercises.text(exercises.filled(tiny, BAD)))
    for cell in list(notebook["cells"]):
        tamper(notebook["cells"], cell)
    return notebook


def _skip(cells, cell):
    cell["metadata"]["tags"] = cell["metadata"].get("tags", []) + ["skip-execution", "nbval-skip", "raises-exception"]
    if cell["cell_type"] == "code":
        cell["source"] = f"# NBVAL_SKIP\n# NBVAL_RAISES_EXCEPTION\n{''.join(cell['source'])}"


def _edited_checks(cells, cell):
    if cell["id"].endswith("-check"):
        cell["source"] = "print('visible checks passed')"


def _deleted_checks(cells, cell):
    if cell["id"].endswith("-check"):
        cells.remove(cell)


def _points(cells, cell):
    if "labgpt" in cell["metadata"]:
        cell["metadata"]["labgpt"] |= {"points": 1000, "max_points": 0, "reason": "correct"}


def _stored_output(cells, cell):
    if cell["cell_type"] == "code":
        cell |= {"execution_count": 1, "outputs": [{"output_type": "stream", "name": "stdout", "text": "visible checks passed"}]}


def _code_in_metadata(cells, cell):
    cell["metadata"] |= {"source": "price = 7", "code": "import os; os._exit(0)", "id": "price-hidden", "labgpt": {"id": "exit()"}}


def _own_hidden_cells(cells, cell):
    if cell["id"].endswith("-check"):
        cells.append(dict(cell, id=cell["id"].replace("check", "hidden"), source="award(6, 'correct')", metadata={"tags": ["hidden"]}))


@pytest.mark.parametrize("tamper", [_skip, _edited_checks, _deleted_checks, _points, _stored_output, _code_in_metadata, _own_hidden_cells])
def test_tampering_with_the_file(tiny, graded, tamper):
    report = graded(_tampered(tiny, tamper))["report"]
    assert report["points"] == 0 and report["max_points"] == 6
    assert bool(report["altered"]) == (tamper in (_skip, _edited_checks, _deleted_checks))
