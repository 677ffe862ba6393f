"""What talking costs: collectives among this machine's processes, and training across a slow cable between two hosts.

The hosts are network namespaces (Linux, root). Nothing but them is on the cable; they are gone at the end, whatever happened.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
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
        self.heard = signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that it too ends in __exit__
        try:
            for name in self.names:
                told("ip", "netns", "add", name)
            told("ip", "-n", self.names[0], "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", self.names[1])
            for name, address in zip(self.names, ADDRESSES, strict=True):
                told("ip", "-n", name, "address", "add", f"{address}/30", "dev", "eth0")
                for device in ("lo", "eth0"):
                    told("ip", "-n", name, "link", "set", device, "up")
                limit = ("rate", f"{self.rate}mbit", "burst", BURST, "latency", "400ms")
                told("tc", "-n", name, "qdisc", "add", "dev", "eth0", "root", "tbf", *limit)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        for name in self.names:
            with contextlib.suppress(RuntimeError):  # it was not made yet
                told("ip", "netns", "del", name)
        signal.signal(signal.SIGTERM, self.heard)

    def run(self, spec: RunSpec, path: Path, *work: str, timeout_s: float = 240.0) -> None:
        """The line that `labgpt launch --render torchrun` prints for `spec` at `path`, on both hosts; `work` in place of training.

        Raises RuntimeError with a rank's own words.
        """
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


def told(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"`{' '.join(command)}`: {done.stderr.strip() or done.returncode}")


def timed(d_model: int, strategy: str) -> RunSpec:
    """A trunk without branches, a row at each of MARKS."""
    steps = {"budgets": tuple(2048 * n for n in MARKS), "cooldown": 0.0, "val_tokens": 2048}
    return corpus.pin(derive(d_model, world_size=2, strategy=strategy, **steps))


def step_s(rows: list[dict]) -> float:  # a disturbance between two rows is not seen
    return statistics.median((b["seconds"] - a["seconds"]) / MARKS.step for a, b in pairwise(rows))


def link(rates: tuple[int, ...], held: tuple[int, ...] = (), seeds: int = 0, store: str | Path = "runs/store") -> dict:
    """{links: {rate: alpha, beta}, steps: [{rate, held, d_model, strategy, local_steps, n_bytes, alone_s, step_s, predicted_s, error}],
    losses: [{strategy, seed, tokens, val_loss}] of runs on this machine}. Rate 0: among this machine's processes, without a cable.

    A step = alone_s + all-reduce(n_bytes), over H for DiLoCo: alone_s is a step timed without a cable, less its all-reduce there;
    alpha and beta are fitted to all-reduces of 4 B … 1 MiB of plain numbers, nothing to a step across a cable."""
    need(len(set(rates)) >= 1 + bool(held), "rate", rates, "two or more where one is held out")
    Hosts(rates[0])  # where there can't be any, it is said before anything is timed
    steps, links, losses, specs = [], {}, [], [timed(d, way) for d in WIDTHS for way in ("ddp", "diloco")]
    every = [spec.execution.local_steps if spec.execution.strategy == "diloco" else 1 for spec in specs]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        here = [sweep.launch(spec, folder).finished_rows() for spec in specs]
        links[0] = fit(start("link", world_size=2).records("link"))["all_reduce"]
        alone = [step_s(rows) - links[0].seconds("all_reduce", 4 * rows[0]["n_total"], 2) / h for rows, h in zip(here, every)]
        for rate in (*rates, *held):
            with Hosts(rate) as hosts:
                if rate not in held:
                    hosts.run(specs[0], folder / "link", "-m", "labgpt.parallel.ranks", str(folder), "link")
                links[rate] = between(rate, links) if rate in held else fit(json.loads((folder / "link-0.json").read_text()))["all_reduce"]
                for spec, h, own in zip(specs, every, alone):
                    rows = hosts.train(spec, folder / str(rate))
                    n_bytes, measured = 4 * rows[0]["n_total"], step_s(rows)
                    predicted = own + links[rate].seconds("all_reduce", n_bytes, 2) / h
                    row = {"rate": rate, "held": rate in held, "d_model": rows[0]["d_model"], "strategy": spec.execution.strategy}
                    row |= {"local_steps": h, "n_bytes": n_bytes, "alone_s": own, "step_s": measured, "predicted_s": predicted}
                    steps.append(row | {"error": predicted / measured - 1})
    for seed, way in ((seed, way) for seed in range(seeds) for way in WAYS):
        spec = corpus.pin(derive(WIDTHS[-1], budgets=BUDGETS, seed=seed, val_tokens=16_384, world_size=2, **WAYS[way]))
        rows = sweep.launch(spec, store).finished_rows()
        losses += [{"strategy": way, "seed": seed, "tokens": row["tokens"], "val_loss": row["val_loss"]} for row in rows]
    return {"links": {r: vars(one) for r, one in links.items()}, "steps": steps, "losses": losses}


def between(rate: float, links: dict[int, Link]) -> Link:
    """The Link of a cable that was not timed: over 1 / rate, beta on the line through the slowest's and the fastest's; alpha their mean."""
    slow, fast = min(filter(None, links)), max(links)
    low, high, share = links[slow], links[fast], (1 / rate - 1 / fast) / (1 / slow - 1 / fast)
    return Link(0.0, (low.alpha + high.alpha) / 2, high.beta + share * (low.beta - high.beta))
