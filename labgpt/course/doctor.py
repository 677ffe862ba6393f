"""`labgpt doctor`: is this environment fit for the course? Lines to paste into a report; no names, paths, addresses."""
from __future__ import annotations

import importlib
import os
import platform
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from labgpt import machine
from labgpt.course.packages import ROOT, declared, installed, pins

SMOKE_S = 60


def doctor(runs: str | Path = "runs", smoke_s: float = SMOKE_S) -> bool:
    """Print the report; True where nothing failed.

    `ok` and `note` lines are fit for work (a note: not the version developed with); a `FAIL` line says what to do.
    """
    import labgpt

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
    place = runs.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"labgpt")
    except OSError as error:
        return [("FAIL", f"{runs} cannot be written ({error.strerror}): start labgpt from a folder of your own")]
    free = shutil.disk_usage(place).free / 2**30
    return [("ok" if free > 1 else "note", f"{runs} can be written, {free:.1f} GB free")]


def torchrun(smoke_s: float = SMOKE_S) -> list[tuple[str, str]]:
    """Two ranks on this machine add their numbers over gloo, in a process group of its own, killed after `smoke_s`."""
    command = machine.torchrun(2, "-m", "labgpt.course.smoke")
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    env = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "USE_LIBUV": "0"}
    began = time.monotonic()
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, env=env, start_new_session=True, **pipes) as run:
        try:
            said = run.communicate(timeout=smoke_s)[0]
        except subprocess.TimeoutExpired:
            _kill(run)
            return [("FAIL", f"torchrun: two ranks did not meet within {smoke_s:g} s; a firewall or a host name that does "
                             "not resolve does this: try GLOO_SOCKET_IFNAME=lo (macOS: lo0). Only lesson 04 needs it")]
        except BaseException:
            _kill(run)
            raise
    if run.returncode == 0 and "sum 3 over 2 ranks" in said:
        return [("ok", f"torchrun, two ranks over gloo, {time.monotonic() - began:.0f} s")]
    if "No module named" in said:
        return [("FAIL", f"torchrun is absent ({_last(said)}): install torch >= 2.6 with distributed support")]
    return [("FAIL", f"torchrun ended with {run.returncode}: {_last(said)}")]


def _kill(run: subprocess.Popen) -> None:
    if hasattr(os, "killpg"):
        os.killpg(run.pid, signal.SIGKILL)
    else:
        run.kill()
    run.communicate()


def _last(text: str) -> str:
    """The last line that says something, without the folders of this machine."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no output"]
    return lines[-1].replace(str(Path.home()), "~")[:200]
