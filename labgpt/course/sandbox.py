"""A place for code that is not ours: bubblewrap where it works, else an empty folder and the same limits.

In bubblewrap a submission has its own processes, network (none) and mounts: the interpreter, `labgpt/` and `data/` read-only,
and three small scratch folders in memory. No exercise source, no other submission, no environment of whoever grades.
Elsewhere it runs with the grader's rights, and the report says "unsandboxed".
"""
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import psutil

from labgpt.course.packages import ROOT

MEMORY = 2 << 30  # bytes, of all processes of a submission; torch and pandas take 400 MB of it
FILES = 64 << 20  # bytes a scratch folder, or a file outside the sandbox, may hold
PROCESSES = 32
HOME = "/home/learner"


def command(arguments: list[str]) -> list[str]:
    """This Python with the arguments, inside bubblewrap. Nothing of the machine is visible but what is named here."""
    line = ["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL",
            "--hostname", "lab", "--die-with-parent", "--new-session"]
    line += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    for place in ("/dev/shm", "/tmp", HOME):  # first: a clone or an environment may itself lie under /tmp
        line += ["--size", str(FILES), "--tmpfs", place]
    system = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives"]
    for place in [*system, sys.prefix, sys.base_prefix, str(ROOT / "labgpt"), str(ROOT / "data")]:
        line += ["--ro-bind-try", place, place]
    return [*line, "--remount-ro", "/", "--chdir", HOME, sys.executable, *arguments]


@lru_cache(maxsize=1)
def available() -> bool:
    """Whether bubblewrap can be used: it is here, new enough, and the system lets it make namespaces."""
    if not shutil.which("bwrap"):
        return False
    return subprocess.run(command(["-c", ""]), env=environment(HOME), capture_output=True).returncode == 0


def environment(home: str) -> dict[str, str]:
    """The variables a submission sees. Hashes of text do not differ between runs, so sets keep their order."""
    kept = {k: os.environ[k] for k in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP") if k in os.environ}
    return kept | {"HOME": home, "USER": "learner", "IPYTHONDIR": str(Path(home, ".ipython")), "MPLCONFIGDIR": str(Path(home, ".mpl")),
                   "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", "LANG": "C.UTF-8", "MPLBACKEND": "agg", "TQDM_DISABLE": "1",
                   "OMP_NUM_THREADS": "1", "LABGPT_TIER": "replay", "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip


@contextmanager
def started(arguments: list[str]) -> Iterator[subprocess.Popen]:
    """This Python with the arguments, in the sandbox where there is one, a pipe either way; killed at the end with all it started.

    Whoever takes the pipes closes them. `watch` is the process's Watch.
    """
    with tempfile.TemporaryDirectory(prefix="labgpt-", ignore_cleanup_errors=True) as folder:
        inside, pipe = available(), subprocess.PIPE
        line = command(arguments) if inside else [sys.executable, *arguments]
        process = subprocess.Popen(line, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, cwd=folder,
                                   env=environment(HOME if inside else folder), start_new_session=True)
        process.watch = Watch(process.pid)
        try:
            yield process
        finally:
            process.watch.kill()
            process.wait()


class Watch:
    """The processes that descend from one: what they use, and their end."""

    def __init__(self, pid: int):
        self._root, self._seen = psutil.Process(pid), {}

    def use(self) -> tuple[float, int, int]:
        """(seconds of computing so far, bytes of memory in use, processes)."""
        seconds, memory, alive = 0.0, 0, 0
        for process in self._family():
            try:
                spent, memory, alive = process.cpu_times(), memory + process.memory_info().rss, alive + 1
            except psutil.Error:
                continue
            self._seen[process.pid] = process
            seconds += sum(spent[:4]) if hasattr(spent, "children_user") else spent.user + spent.system
        return seconds, memory, alive

    def kill(self) -> None:
        """Kill them all, those too that were seen before and have left the family since."""
        for process in [*self._family(), *self._seen.values()]:
            with contextlib.suppress(psutil.Error):
                process.kill()  # psutil makes sure that the number is still this process's

    def _family(self) -> list:
        try:
            return [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return []
