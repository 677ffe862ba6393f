"""`labgpt doctor`: is this environment fit for the course? Lines to paste into a report; no names, paths, addresses."""
import importlib
import os
import platform
import shutil
import tempfile
import time
from pathlib import Path

import labgpt
from labgpt import machine
from labgpt.course.packages import declared, pins
from labgpt.record import installed

SMOKE_S = 60


def doctor(runs: str | Path = "runs", smoke_s: float = SMOKE_S) -> bool:
    """Print the report; True where nothing failed.

    `ok` and `note` lines are fit for work (a note: not the version developed with); a `FAIL` line says what to do.
    """
    print(f"labgpt {labgpt.__version__} · Python {platform.python_version()} · {platform.system()} {platform.machine()}"
          f" · {os.cpu_count()} cores{_memory()}")
    good = True
    for check in (_packages, _tiktoken, lambda: _writable(Path(runs)), lambda: torchrun(smoke_s)):
        for state, line in check():
            print(f"{state:<4} {line}")
            good = good and state != "FAIL"
    print("ready" if good else "not ready: see the FAIL lines")
    return good


def _memory() -> str:
    try:
        import psutil

        memory = psutil.virtual_memory()
        return f" ({machine.cores()} usable) · {memory.total / 2**30:.1f} GB memory, {memory.available / 2**30:.1f} free"
    except ImportError:
        return ""


def _packages() -> list[tuple[str, str]]:
    """Each declared package: there, new enough, and the version of constraints.txt or another."""
    try:
        wanted, tested = declared(), pins()
    except (ImportError, ValueError) as error:
        return [("FAIL", f"packages: {error}")]
    found = []
    for package in wanted:
        version, pin = installed(package.name), tested.get(package.name.lower())
        if version is None:
            found.append(("FAIL", f"{package.name} is missing: pip install '{package}'"))
        elif not package.specifier.contains(version, prereleases=True):
            found.append(("FAIL", f"{package.name} {version}: {package.specifier} is needed; pip install '{package}'"))
        elif pin and version.split("+")[0] != pin:
            found.append(("note", f"{package.name} {version}: developed with {pin}, untested with this one"))
        else:
            found.append(("ok", f"{package.name} {version}"))
    return found


def _tiktoken() -> list[tuple[str, str]]:
    try:
        importlib.import_module("tiktoken")
    except Exception as error:  # noqa: BLE001  a broken binary raises anything; whatever it is, it goes into the report
        said = f"{type(error).__name__}: {_last(str(error))}"
        return [("FAIL", f"import tiktoken: {said}; pip install --force-reinstall tiktoken")]
    return [("ok", "import tiktoken")]


def _writable(runs: Path) -> list[tuple[str, str]]:
    """Whether run records can be written there; leaves nothing behind."""
    place = next(p for p in (runs.absolute(), *runs.absolute().parents) if p.exists())
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"labgpt")
    except OSError as error:
        return [("FAIL", f"{runs} cannot be written ({error.strerror}): start labgpt from a folder of your own")]
    free = shutil.disk_usage(place).free / 2**30
    return [("ok" if free > 1 else "note", f"{runs} can be written, {free:.1f} GB free")]


def torchrun(smoke_s: float = SMOKE_S) -> list[tuple[str, str]]:
    """Two ranks on this machine add their numbers over gloo, in a process group of its own, stopped after `smoke_s`."""
    began = time.monotonic()
    try:
        from labgpt.parallel.ranks import start

        sums = [record["sum"] for record in start("meet", world_size=2, timeout_s=smoke_s).records("meet")]
    except TimeoutError:
        return [("FAIL", f"torchrun: two ranks did not meet within {smoke_s:g} s; a firewall or a host name that does "
                         "not resolve does this: try GLOO_SOCKET_IFNAME=lo (macOS: lo0). Lessons 04, 09 and 10 need it")]
    except (ImportError, RuntimeError, OSError) as error:
        return [("FAIL", f"torchrun: {_last(str(error))}; install torch >= 2.6 with distributed support")]
    fine = sums == [3.0, 3.0]
    return [("ok" if fine else "FAIL", f"torchrun, two ranks over gloo, {time.monotonic() - began:.0f} s{'' if fine else f': {sums}'}")]


def _last(text: str) -> str:
    """The last line that says something, without the folders of this machine."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no output"]
    return lines[-1].replace(str(Path.home()), "~")[:200]
