"""The laws of the house that a machine can check: size, imports, what is forbidden, and that tests mirror rooms."""
import ast
import os
import re
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAB = ROOT / "labgpt"
SOURCES = sorted(LAB.rglob("*.py"))
ROOMS = {p.stem for p in LAB.iterdir() if p.suffix == ".py" or (p / "__init__.py").is_file()} - {"__init__", "__main__"}
EVENING_READ = ["model/gpt.py", "train/loop.py", "parallel/data_parallel.py", "laws/chinchilla.py", "sweep/grid.py"]

# What reads code back from a file, or runs text as code.
UNPICKLERS = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
FORBIDDEN_CALLS = {"eval", "exec", "torch.load", "torch.save", "torch.distributed.checkpoint.load"}
ALLOWED = {("course/grade.py", "exec")}  # the hidden checks of this repository's own exercises, never a learner's text


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_the_house_stays_small():
    total = sum(map(lines, SOURCES))
    assert total < 16_740, f"labgpt has {total} lines; the house holds under 16,740: what could go?"


def test_every_file_reads_in_one_sitting():
    long = {str(p.relative_to(ROOT)): lines(p) for p in SOURCES if lines(p) > 300}
    assert not long, f"over 300 lines: {long}"


def test_the_evening_read_fits_an_evening():
    missing = [name for name in EVENING_READ if not (LAB / name).is_file()]
    assert not missing, f"the evening read names files that are not there: {missing}"
    total = sum(lines(LAB / name) for name in EVENING_READ)
    assert total <= 1100, f"the evening read has {total} lines; 1100 are allowed"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(LAB)))
def test_nothing_unpickled_evaluated_or_asserted(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            assert not UNPICKLERS & {name.split(".")[0] for name in names}, f"{where} imports an unpickler"
        if isinstance(node, ast.Call):
            call = ast.unparse(node.func)
            allowed = (path.relative_to(LAB).as_posix(), call) in ALLOWED
            assert allowed or call not in FORBIDDEN_CALLS, f"{where} calls {call}"
            allows = any(k.arg == "allow_pickle" and ast.unparse(k.value) != "False" for k in node.keywords)
            assert not allows, f"{where} allows pickles"
        assert not isinstance(node, ast.Assert), f"{where}: a bare assert; raise ValueError with one line"


def test_tests_mirror_rooms():
    tests = ROOT / "tests"
    folders = {p.name for p in tests.iterdir() if p.is_dir() and any(p.glob("test_*.py"))}
    assert folders <= ROOMS, f"tests of no room: {sorted(folders - ROOMS)}"
    untested = {room for room in ROOMS - folders if not (tests / f"test_{room}.py").is_file()}
    assert not untested, f"rooms without tests: {sorted(untested)}"


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_laws_and_cost_need_no_torch():
    python("import sys; sys.modules['torch'] = None\n"  # any `import torch` now fails
           "import labgpt.laws, labgpt.cost, labgpt.record")


def test_laws_and_cost_leave_the_slow_libraries_alone():
    heavy = ["torch", "scipy", "pandas", "matplotlib"]
    assert python(f"import sys, labgpt.laws, labgpt.cost; print([m for m in {heavy} if m in sys.modules])") == "[]\n"


@pytest.mark.slow
def test_laws_and_cost_import_at_once():
    """At most .2 s above `import numpy`, the second process on, median of five."""
    code = ("import numpy, time as t; start = t.perf_counter(); "
            "import labgpt.laws, labgpt.cost; print(t.perf_counter() - start)")
    seconds = [float(python(code)) for _ in range(6)][1:]
    assert statistics.median(seconds) <= 0.2, seconds


def requirements(extra: str = "") -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    chosen = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return {re.match(r"[\w-]+", line)[0].lower() for line in chosen}


def test_constraints_pin_every_dependency_exactly():
    pins = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    loose = [line for line in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", line)]  # no local suffix, no address
    assert not loose, f"not an exact pin: {loose}"
    names = {line.split("==")[0].lower().replace("_", "-") for line in pins}
    wanted = requirements() | requirements("dev")
    assert wanted <= names, f"not pinned: {sorted(wanted - names)}"


def test_conda_environment_has_every_dependency():
    text = (ROOT / "environment.yml").read_text()
    listed = set(re.findall(r"^ +- ([a-z-]+)", text, flags=re.M))
    there = {"torch" if n == "pytorch-cpu" else n.removesuffix("-base") for n in listed}
    assert requirements() <= there, f"not in environment.yml: {sorted(requirements() - there)}"


def test_scripts_can_be_run():
    for name in (".ci/run", "postBuild"):
        assert os.access(ROOT / name, os.X_OK), f"{name} is not executable"
