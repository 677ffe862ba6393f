"""A fresh kernel in a process of its own, for code that is not ours: run a cell, ask for a value, be killed."""
from __future__ import annotations

import json
import math
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labgpt.course.check import CheckFailed
from labgpt.course.packages import ROOT

_MIME = "application/vnd.labgpt+json"
_ASK = """
def __labgpt_ask(name, args):
    import json
    value = globals()[name]
    value = value(*json.loads(args)) if callable(value) else value
    plain = json.dumps(value, default=lambda x: x.tolist())
    get_ipython().display_pub.publish({{"{mime}": plain}})
__labgpt_ask({name!r}, {args!r})
"""


class Lost(Exception):
    """The kernel is gone or has to go: it died, took too long, or no longer answers sensibly."""


class Kernel:
    """Runs one cell at a time. `deadline` is a time.monotonic() value after which nothing is run any more."""

    def __init__(self, client, cell_s: float, deadline: float):
        self._client, self._cell_s, self.deadline = client, cell_s, deadline

    def run(self, source: str) -> str | None:
        """Run a cell; None where it succeeded, else the error as one line. Raises Lost."""
        return self._execute(source)[1]

    def ask(self, name: str, *args: object) -> object:
        """The value of a name in the kernel, or of calling it with JSON arguments, as plain JSON data.

        Plain data cannot lie about equality, and nothing of ours is visible in the kernel.
        Raises CheckFailed where there is no such value or it is not JSON; Lost.
        """
        if not name.isidentifier():
            raise ValueError(f"name = {name!r}: allowed is one identifier")
        cell, error = self._execute(_ASK.format(mime=_MIME, name=name, args=json.dumps(args)))
        said = f"{name}({', '.join(map(repr, args))})" if args else name
        if error:
            missing = re.fullmatch(rf"KeyError: '{name}'", error)
            raise CheckFailed(f"{name} is not defined by the answer cell" if missing else f"{said} raised {error}")
        values = [o["data"][_MIME] for o in cell.outputs if _MIME in o.get("data", {})]
        try:
            return json.loads(values[-1], parse_constant=_not_finite)
        except (IndexError, TypeError, ValueError, RecursionError) as error:
            raise CheckFailed(f"{said} gave no plain value ({str(error)[:80]})") from None

    def _execute(self, source: str) -> tuple:
        import nbformat
        from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Lost("the time for the whole exercise is over")
        self._client.timeout = limit = math.ceil(min(self._cell_s, left))
        cell = nbformat.v4.new_code_cell(source)
        self._client.nb.cells[:] = [cell]
        try:
            self._client.execute_cell(cell, 0)
        except CellExecutionError as error:  # raised for a failing execute reply, whatever the kernel printed
            return cell, _one_line(error.ename, error.evalue)
        except CellTimeoutError:
            raise Lost(f"took more than {limit} s") from None
        except DeadKernelError:
            raise Lost("ended the Python process") from None
        except Exception as error:  # noqa: BLE001  a submission may send malformed messages: that costs it the kernel
            raise Lost(f"broke the kernel ({_one_line(type(error).__name__, str(error))})") from None
        return cell, None


@contextmanager
def kernel(cell_s: float, deadline: float) -> Iterator[Kernel]:
    """A Kernel in an empty folder, killed with its process group at the end. Raises RuntimeError where none starts."""
    import nbformat

    with client(nbformat.v4.new_notebook()) as one:
        yield Kernel(one, cell_s, deadline)


@contextmanager
def client(notebook) -> Iterator:
    """An nbclient for the notebook, its kernel running: this very Python, in an empty folder, errors raised."""
    from jupyter_client import AsyncKernelManager

    with tempfile.TemporaryDirectory(prefix="labgpt-", ignore_cleanup_errors=True) as folder:
        work = Path(folder, "work")
        work.mkdir()
        manager = AsyncKernelManager(kernel_spec_manager=_spec_manager())
        one = _client_class()(notebook, km=manager, resources={"metadata": {"path": str(work)}}, timeout=120,
                              force_raise_errors=True, shutdown_kernel="immediate", startup_timeout=120)
        with one.setup_kernel(cleanup_kc=True, env=_environment(folder)):
            yield one


def _client_class():
    import asyncio

    from nbclient import NotebookClient

    class Client(NotebookClient):
        """After a time-out nbclient goes on watching a kernel that is gone, and would say so with a traceback."""

        async def _async_check_alive(self) -> None:
            if self.kc is None:
                raise asyncio.CancelledError
            await super()._async_check_alive()

    return Client


def _spec_manager():
    import sys

    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

    class ThisPython(KernelSpecManager):
        """Whatever kernels the user has installed under whichever name, the grader's own Python runs."""

        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            return KernelSpec(argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=50"],
                              display_name="labgpt", language="python")

    return ThisPython()


def _environment(folder: str) -> dict[str, str]:
    """The variables of a kernel: one thread, no window, and an IPython profile of nobody's."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path, "IPYTHONDIR": str(Path(folder, "ipython")), "MPLBACKEND": "agg",
            "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def _not_finite(name: str) -> None:
    raise ValueError(f"{name} is not a finite number")


def _one_line(kind: str, message: str) -> str:
    line = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", str(message)).split())
    return f"{kind}: {line[:300]}" if line else str(kind)
