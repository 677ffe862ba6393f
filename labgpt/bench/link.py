"""What talking costs: collectives among this machine's processes, and training across a slow cable between two hosts.

The hosts are network namespaces (Linux, root). Nothing but them is on the cable; they are gone at the end, whatever happened.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from labgpt import corpus, machine, sweep
from labgpt.cost.collectives import Link, fit, judged
from labgpt.parallel.ranks import start
from labgpt.record import RunDir, write_atomic
from labgpt.spec import RunSpec, derive
from labgpt.spec.run import need
from labgpt.sweep.pool import stop
from labgpt.sweep.render import render
from labgpt.train.run import signals

ADDRESSES = ("10.77.0.1", "10.77.0.2")
BURST = "32kb"  # what may pass at once, unlimited: less than any message that is long
WAYS = {"ddp": {}, "diloco": {"strategy": "diloco"},
        "averaging": {"strategy": "diloco", "outer_lr": 1.0, "outer_momentum": 0.0}}  # fmt: skip  # a mean, as local SGD's (Stich 2018)
WIDTHS, MARKS = (32, 64), range(16, 97, 16)  # MARKS: steps, multiples of H; before the first, DDP lays out its buckets
BUDGETS = (131_072, 262_144, 524_288, 1_048_576)


def collectives(world_sizes: tuple[int, ...] = (2, 3, 4)) -> dict:
    """cost.collectives.judged of this machine's timings, a row's seconds those of its slowest rank; and `oversubscribed`: the
    world sizes beyond the cores, whose ranks wait for a core too."""
    rows = []
    for w in world_sizes:
        slowest: dict[tuple[str, int], float] = {}
        for r in start("collectives", world_size=w).records("collectives"):
            slowest[r["op"], r["n_bytes"]] = max(r["seconds"], slowest.get((r["op"], r["n_bytes"]), 0.0))
        rows += [{"op": op, "world_size": w, "n_bytes": n, "seconds": s, "bytes_per_s": n / s} for (op, n), s in slowest.items()]
    return judged(rows) | {"oversubscribed": [w for w in world_sizes if w > machine.cores()]}


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
        with contextlib.ExitStack() as stack:
            # Signals are heard, not thrown: thrown while a process is made they would lose it, in a __del__ be lost themselves.
            self.heard = stack.enter_context(signals())
            for name in self.names:
                told("ip", "netns", "add", name)
                stack.callback(told, "ip", "netns", "del", name)
            told("ip", "-n", self.names[0], "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", self.names[1])
            for name, address in zip(self.names, ADDRESSES, strict=True):
                told("ip", "-n", name, "address", "add", f"{address}/30", "dev", "eth0")
                for device in ("lo", "eth0"):
                    told("ip", "-n", name, "link", "set", device, "up")
                limit = ("rate", f"{self.rate}mbit", "burst", BURST, "latency", "400ms")
                told("tc", "-n", name, "qdisc", "add", "dev", "eth0", "root", "tbf", *limit)
            self.gone = stack.pop_all()
        return self

    def __exit__(self, kind: type | None, *error: object) -> None:
        self.gone.close()
        if self.heard and kind is None:
            raise KeyboardInterrupt

    def run(self, spec: RunSpec, path: Path, *work: str, timeout_s: float = 240.0) -> None:
        """The line that `labgpt launch --render torchrun` prints for `spec` at `path`, on both hosts; `work` in place of training.

        Raises RuntimeError with a rank's own words, TimeoutError, KeyboardInterrupt after Ctrl-C or SIGTERM.
        """
        until = time.monotonic() + timeout_s
        line = shlex.split(render(spec, str(path), 2).splitlines()[-1].replace("HEAD", ADDRESSES[0]).split(" -m ")[0])[1:]
        with contextlib.ExitStack() as stack:
            both = []
            for name, address in zip(self.names, ADDRESSES, strict=True):
                # Neither namespace has a name that would tell torchrun which of the two HEAD is.
                here = ["--local-addr", address, "--rdzv-conf", f"is_host={int(address == ADDRESSES[0])}"]
                command = ["ip", "netns", "exec", name, sys.executable, "-m", "torch.distributed.run", *here, *line, *work]
                log = stack.enter_context(tempfile.TemporaryFile("w+", errors="replace"))
                talk = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "start_new_session": True}
                both.append((subprocess.Popen(command, env=machine.worker_env() | {"GLOO_SOCKET_IFNAME": "eth0"}, **talk), log))
                stack.callback(stop, both[-1][0])
            for process, log in both:
                while process.poll() is None:
                    if self.heard or time.monotonic() > until:
                        raise KeyboardInterrupt if self.heard else TimeoutError(f"{path.name} on two hosts: not done in {timeout_s:g} s")
                    time.sleep(0.05)
                if process.returncode:
                    log.seek(0)
                    said = [line for line in log if "Error" in line or line.startswith("labgpt.train:")]
                    raise RuntimeError(f"{path.name} on two hosts: {said[0].strip() if said else 'torchrun ended early'}")

    def train(self, spec: RunSpec, store: Path) -> list[dict]:
        """Train `spec` on both hosts, one process each; its rows."""
        place = RunDir(store / spec.run_id)
        write_atomic(place.spec, spec.to_json())
        self.run(spec, place.spec, "-m", "labgpt.train", str(place.spec), "--store", str(store))
        return place.finished_rows()


def told(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, start_new_session=True)
    if done.returncode:
        raise RuntimeError(f"`{' '.join(command)}`: {done.stderr.strip() or done.returncode}")


def timed(d_model: int, strategy: str) -> RunSpec:
    """A trunk without branches, a row at each of MARKS."""
    steps = {"budgets": tuple(2048 * n for n in MARKS), "cooldown": 0.0, "val_tokens": 2048}
    return corpus.pin(derive(d_model, world_size=2, strategy=strategy, **steps))


def link(rates: tuple[int, ...], held: tuple[int, ...] = (), seeds: int = 0, store: str | Path = "runs/store") -> dict:
    """{links: {rate: alpha, beta}, steps: `foretold`'s, losses: [{strategy, seed, tokens, val_loss}] of runs on this machine}.

    alpha and beta are fitted to all-reduces of 4 B … 1 MiB of plain numbers across each cable of `rates`. On those `held` nothing
    is timed but the steps that are predicted."""
    need(len(set(rates)) >= 1 + bool(held), "rate", rates, "two or more where one is held out")
    steps, links, losses = [], {}, []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for rate in (*rates, *held):
            with Hosts(rate) as hosts:
                if rate not in held:
                    hosts.run(timed(32, "ddp"), folder / "link", "-m", "labgpt.parallel.ranks", str(folder), "link")
                links[rate] = between(rate, links) if rate in held else fit(json.loads((folder / "link-0.json").read_text()))["all_reduce"]
                for d, way in ((d, way) for d in WIDTHS for way in ("ddp", "diloco")):
                    rows = hosts.train(spec := timed(d, way), folder / str(rate))
                    every = spec.execution.local_steps if way == "diloco" else 1
                    row = {"rate": rate, "held": rate in held, "d_model": d, "strategy": way, "local_steps": every}
                    step_s = statistics.median((b["seconds"] - a["seconds"]) / MARKS.step for a, b in pairwise(rows))
                    steps.append(row | {"n_bytes": 4 * rows[0]["n_total"], "step_s": step_s})
    for seed, way in ((seed, way) for seed in range(seeds) for way in WAYS):
        spec = corpus.pin(derive(WIDTHS[-1], budgets=BUDGETS, seed=seed, val_tokens=16_384, world_size=2, **WAYS[way]))
        for row in sweep.launch(spec, store).finished_rows():
            losses.append({"strategy": way, "seed": seed, "tokens": row["tokens"], "val_loss": row["val_loss"]})
    return {"links": {r: vars(one) for r, one in links.items()}, "steps": foretold(steps, links), "losses": losses}


def foretold(steps: list[dict], links: dict[int, Link]) -> list[dict]:
    """Each step with {alone_s, predicted_s, error}: predicted = alone_s + its all-reduce, over H for DiLoCo. alone_s: what such a step
    takes beside its all-reduce on the other cables (not on those held out); the least of them, for a disturbance only adds."""
    talk = [links[s["rate"]].seconds("all_reduce", s["n_bytes"], 2) / s["local_steps"] for s in steps]
    found = []
    for s, t in zip(steps, talk):
        likes = [(o, u) for o, u in zip(steps, talk) if (o["d_model"], o["strategy"], o["held"]) == (s["d_model"], s["strategy"], False)]
        own = min(o["step_s"] - u for o, u in likes if o["rate"] != s["rate"] or len(links) == 1)
        found.append(s | {"alone_s": own, "predicted_s": own + t, "error": (own + t) / s["step_s"] - 1})
    return found


def between(rate: float, links: dict[int, Link]) -> Link:
    """The Link of a cable that was not timed: over 1 / rate, beta on the line through the slowest's and the fastest's; alpha their mean."""
    slow, fast = min(links), max(links)
    low, high, share = links[slow], links[fast], (1 / rate - 1 / fast) / (1 / slow - 1 / fast)
    return Link(0.0, (low.alpha + high.alpha) / 2, high.beta + share * (low.beta - high.beta))
