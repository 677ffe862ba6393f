"""`labgpt test`: lint, import contracts, pytest, and nbval over the notebooks, each shown before it runs."""
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator

from labgpt.course.packages import ROOT

# A module, or a notebook, stays in one of two processes; what hangs is shown with its stack.
PYTEST = ["-m", "pytest", "-q", "-n", "2", "--dist", "loadscope", "--timeout", "900"]
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"  # it has no `python -m`


def commands(slow: bool = False) -> Iterator[list[str]]:
    """The argument lists, after `python`, of the whole test in order; `slow` adds the tests marked so."""
    yield ["-m", "ruff", "check", "."]
    yield ["-c", LINT_IMPORTS, "--no-logo"]
    yield [*PYTEST, *([] if slow else ["-m", "not slow"]), "tests"]
    books = [d for d in ("notebooks", "exercises") if any((ROOT / d).rglob("*.ipynb"))]
    if books:
        # current-env: a notebook's stored kernel name is that of whoever saved it last
        yield [*PYTEST, "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300", *books]


def run(slow: bool = False) -> int:
    """Run the commands from the repository's root and return the exit code of the first that fails, or 0.

    Raises ValueError where labgpt was installed without its tests.
    """
    if not (ROOT / "tests").is_dir():
        raise ValueError(f"tests = {str(ROOT / 'tests')!r}: allowed is a folder; install with `pip install -e .[dev]` "
                         "from a clone of the repository")
    env = {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1", "LABGPT_QUIET": "1", **os.environ, "LABGPT_TIER": "replay"}
    for command in commands(slow):
        print(f"\n$ python {shlex.join(command)}", flush=True)
        code = subprocess.run([sys.executable, *command], cwd=ROOT, env=env).returncode
        if code:
            print(f"\nlabgpt test: stopped, `python {shlex.join(command)}` ended with {code}", flush=True)
            return code
    return 0
