"""A fresh Python for code that is not ours: run a cell, ask for a value, be killed. The near end of runner.py's pipe."""
import json
import queue
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from labgpt.course import sandbox
from labgpt.course.check import CheckFailed

LONGEST = 4_000_000  # bytes of one answer
LONGEST_CELL = 100_000  # characters of one cell
PATIENCE = 3  # seconds a cell may last for each second that it may compute: the machine may have other work
EVERY_S = 0.1  # between two looks at what it uses


class Lost(Exception):
    """The Python process is gone or has to go: it died, took too much, or no longer answers sensibly."""


class Budget:
    """Seconds of computing, for one cell and for all of an exercise's together, over as many kernels as it takes."""

    def __init__(self, cell_s: float, total_s: float):
        self.cell_s, self.left_s, self.ends = cell_s, total_s, time.monotonic() + PATIENCE * total_s

    @property
    def over(self) -> bool:
        return self.left_s <= 0 or time.monotonic() >= self.ends


class Kernel:
    """Runs one cell at a time, within a budget."""

    def __init__(self, process, budget: Budget):
        self._process, self._budget, self._number, self._spent = process, budget, 0, 0.0
        self._requests, self._lines = queue.SimpleQueue(), queue.SimpleQueue()
        for work in (self._write, self._read):  # by threads: a process that does not read or answer must not hold us up
            threading.Thread(target=work, daemon=True).start()

    def run(self, source: str) -> str | None:
        """Run a cell; None where it succeeded, else the error as one line. Raises Lost."""
        if len(source) > LONGEST_CELL:
            return f"the cell has {len(source):,} characters: allowed are {LONGEST_CELL:,}"
        return self._error(self._answer(cell=source))

    def ask(self, name: str, *args: object) -> object:
        """The value of a name in the kernel, or of calling it with JSON arguments, as plain JSON data.

        Plain data cannot lie about equality, and nothing of ours is visible in the kernel.
        Raises CheckFailed where there is no such value or it is not JSON; Lost.
        """
        if not name.isidentifier():
            raise ValueError(f"name = {name!r}: allowed is one identifier")
        answer = self._answer(name=name, args=json.loads(json.dumps(args)))
        said, error = f"{name}({', '.join(map(repr, args))})" if args else name, self._error(answer)
        if error == f"KeyError: '{name}'":
            raise CheckFailed(f"{name} is not defined by the answer cell")
        if error:
            raise CheckFailed(f"{said} raised {error}")
        return plain(said, answer.get("value"))

    def _answer(self, **request: object) -> dict:
        if self._budget.over:
            raise Lost("took all the time there is for the whole exercise")
        self._number += 1
        self._requests.put({"id": self._number} | request)
        began, before = time.monotonic(), self._spent
        line = None
        while line is None:
            try:
                line = self._lines.get(timeout=EVERY_S)
            except queue.Empty:
                self._look(began, before)
        if not line.endswith(b"\n"):
            raise Lost("sent more than a value" if line else "ended the Python process")
        answer = None
        with suppress(ValueError, RecursionError):
            answer = json.loads(line)
        if not isinstance(answer, dict) or answer.get("id") != self._number:
            raise Lost("sent answers of its own")
        return answer

    def _look(self, began: float, before: float) -> None:
        """Raise Lost where it uses too much. What is computed counts, so that a busy machine gives the same points."""
        budget, (spent, memory, processes) = self._budget, self._process.watch.use()
        budget.left_s -= max(0.0, spent - self._spent)
        self._spent = max(spent, self._spent)
        if memory > sandbox.MEMORY:
            raise Lost(f"used more than {sandbox.MEMORY >> 30} GB of memory")
        if processes > sandbox.PROCESSES:
            raise Lost(f"started more than {sandbox.PROCESSES} processes")
        if self._spent - before > budget.cell_s or time.monotonic() - began > PATIENCE * budget.cell_s:
            raise Lost(f"took more than {budget.cell_s:g} s")
        if budget.over:
            raise Lost("took all the time there is for the whole exercise")

    def _error(self, answer: dict) -> str | None:
        error = answer.get("error")
        if error is None:
            return None
        kind, message = error if isinstance(error, list) and len(error) == 2 else ("Error", error)
        return one_line(f"{kind}: {message}" if message else str(kind))

    def _write(self) -> None:
        with self._process.stdin as pipe:
            while (request := self._requests.get()) is not None:
                try:
                    pipe.write(json.dumps(request).encode() + b"\n")
                    pipe.flush()
                except OSError:  # it is gone: the reader says so
                    return

    def _read(self) -> None:
        line = b"\n"
        with self._process.stdout as pipe:
            while line.endswith(b"\n") and self._lines.qsize() < 3:  # one answer a request: more nobody asked for, and is left there
                line = pipe.readline(LONGEST)
                self._lines.put(line)

    def close(self) -> None:
        self._requests.put(None)


@contextmanager
def kernel(budget: Budget) -> Iterator[Kernel]:
    """A Kernel in a place of its own, killed with all it started at the end."""
    limits = [round(budget.left_s) + 60, sandbox.MEMORY, sandbox.FILES]  # the system's own limits, should we be gone
    with sandbox.started(["-m", "labgpt.course.runner", *map(str, limits)]) as process, closing(Kernel(process, budget)) as one:
        yield one


def plain(said: str, value: object) -> object:
    """Plain data from its JSON text. Raises CheckFailed where it is none."""
    try:
        return json.loads(value, parse_constant=_not_finite)
    except (TypeError, ValueError, RecursionError) as error:
        raise CheckFailed(f"{said} gave no plain value ({one_line(str(error))[:80]})") from None


def _not_finite(name: str) -> None:
    raise ValueError(f"{name} is not a finite number")


def one_line(text: str) -> str:
    """Without colours, control characters and halves of characters, so that it can be shown and written anywhere."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text).encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() else " " for c in " ".join(plain.split()))[:500]
