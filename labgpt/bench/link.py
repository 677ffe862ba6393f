"""Two hosts on one machine: network namespaces joined by a cable of a given speed, and a training job across it. Linux, as root.

Nothing but these two namespaces is on the cable, and both are gone at the end, also after a failure, Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from labgpt import machine
from labgpt.record import RunDir, write_atomic
from labgpt.spec import RunSpec
from labgpt.spec.run import need
from labgpt.sweep.pool import stop
from labgpt.sweep.render import render

ADDRESSES = ("10.77.0.1", "10.77.0.2")
BURST = "32kb"  # what may pass at once, unlimited: a short message's size, so that longer ones meet the limit


class Hosts:
    """`with Hosts(rate) as hosts`: two namespaces, `rate` Mbit/s each way between them. Raises ValueError where that can't be."""

    def __init__(self, rate: float):
        need(sys.platform == "linux", "system", sys.platform, "linux: other systems have no network namespaces")
        need(os.geteuid() == 0, "user", os.geteuid(), "0 (root), who may make network namespaces", "sudo, or a machine of yours")
        for tool in ("ip", "tc"):
            need(shutil.which(tool) is not None, "tool", tool, "ip and tc on the path", "the package iproute2")
        need(1 <= rate <= 10_000, "rate", rate, "1 … 10,000 Mbit/s")
        self.rate, self.names = rate, [f"labgpt-{os.getpid()}-{side}" for side in "ab"]

    def __enter__(self) -> Hosts:
        self.heard = None
        if threading.current_thread() is threading.main_thread():
            self.heard = signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))  # SIGTERM too ends in __exit__
        try:
            for name in self.names:
                ip("netns", "add", name)
            ip("-n", self.names[0], "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", self.names[1])
            for name, address in zip(self.names, ADDRESSES, strict=True):
                ip("-n", name, "address", "add", f"{address}/30", "dev", "eth0")
                for device in ("lo", "eth0"):
                    ip("-n", name, "link", "set", device, "up")
                limit = ("tbf", "rate", f"{self.rate}mbit", "burst", BURST, "latency", "400ms")
                told(["tc", "-n", name, "qdisc", "add", "dev", "eth0", "root", *limit])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        for name in self.names:
            with contextlib.suppress(RuntimeError):  # it was not made yet
                ip("netns", "del", name)
        if self.heard is not None:
            signal.signal(signal.SIGTERM, self.heard)

    def run(self, spec: RunSpec, path: Path, *work: str, timeout_s: float = 240.0) -> None:
        """The line that `labgpt launch --render torchrun` prints for `spec` at `path`, on both hosts; `work` in place of training.

        Raises RuntimeError with a rank's own words.
        """
        line = shlex.split(render(spec, str(path), 2).splitlines()[-1].replace("HEAD", ADDRESSES[0]))[1:]
        line = [*line[: line.index("-m")], *work] if work else line
        with contextlib.ExitStack() as stack:
            both = []
            for name, address in zip(self.names, ADDRESSES, strict=True):
                command = [sys.executable, "-m", "torch.distributed.run", "--local-addr", address, *line]
                log = stack.enter_context(tempfile.TemporaryFile("w+", errors="replace"))
                talk = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "start_new_session": True}
                env = machine.worker_env() | {"GLOO_SOCKET_IFNAME": "eth0"}
                both.append((subprocess.Popen(["ip", "netns", "exec", name, *command], env=env, **talk), log))
                stack.callback(stop, both[-1][0])
            for process, log in both:
                if process.wait(timeout_s):
                    log.seek(0)
                    said = [line for line in log if "Error" in line or line.startswith("labgpt.train:")]
                    raise RuntimeError(f"{path.name} on two hosts: {said[0].strip() if said else 'torchrun ended early'}")

    def train(self, spec: RunSpec, store: Path) -> list[dict]:
        """Train `spec` on both hosts, one process each; its rows."""
        place = RunDir(store / spec.run_id)
        write_atomic(place.spec, spec.to_json())
        self.run(spec, place.spec, "-m", "labgpt.train", str(place.spec), "--store", str(store))
        return place.finished_rows()


def ip(*words: str) -> None:
    told(["ip", *words])


def told(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"`{' '.join(command)}`: {done.stderr.strip() or done.returncode}")
