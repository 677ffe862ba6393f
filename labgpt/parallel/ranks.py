"""A lesson's work on several processes: torchrun starts them, they leave records, and this process reads those.

    job = start("forms", "zoo", world_size=3)      # lesson 09's strategies, then its faults
    job.records("forms")                           # waits for them; the processes go on with the zoo

What torchrun starts is a module that hands its `WORK` to `main`, this one by itself: `python -m labgpt.parallel.ranks FOLDER WORK…`.
A rank writes FOLDER/WORK-RANK.json.
"""
import contextlib
import importlib
import json
import os
import re
import shutil
import socket
import stat
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch
import torch.distributed as dist
from tqdm.auto import tqdm

from labgpt import machine
from labgpt.cost.check import need
from labgpt.cost.collectives import OPS
from labgpt.model import GPT
from labgpt.record import write_atomic
from labgpt.tokens import prepare

from .by_hand import FORMS, Line, Naive, Torch, optimizer_bytes
from .meeting import LR, ROWS, Meeting, digest, science, tensors
from .zoo import play

BYTES_SENT_AT = 200  # in Linux's struct tcp_info: tcpi_bytes_sent, since 4.19
STEPS = 20  # of "forms"
adamw = partial(torch.optim.AdamW, lr=LR)


class Job:
    """Work that processes do while this one goes on."""

    def __init__(self, process: subprocess.Popen, folder: Path, world_size: int, timeout_s: float):
        self.process, self.folder, self.world_size, self.until = process, folder, world_size, time.monotonic() + timeout_s

    def records(self, what: str) -> list[dict]:
        """Wait for the work; its records in the order of ranks. Raises TimeoutError, or RuntimeError with a rank's own words."""
        files = [self.folder / f"{what}-{rank}.json" for rank in range(self.world_size)]
        with tqdm(total=len(files), desc=f"ranks done with {what}", leave=False) as bar:
            while True:
                running, done = self.process.poll() is None, sum(file.exists() for file in files)
                if done > bar.n:
                    bar.update(done - bar.n)
                if done == len(files):
                    return [record for file in files for record in json.loads(file.read_text(encoding="utf-8"))]
                if not running:
                    log = (self.folder / "log").read_text(errors="replace")
                    said = re.findall(r"^(?:\[rank\d+\]: )+([\w.]+(?:Error|Exception)\b.*)", log, re.M)
                    raise RuntimeError(f"{what} on {len(files)} processes: {said[0] if said else 'torchrun ended early'}")
                if time.monotonic() > self.until:
                    self.process.terminate()  # torchrun ends its ranks
                    raise TimeoutError(f"{what} on {len(files)} processes: not done in time; they were stopped")
                time.sleep(0.05)


def start(*work: str, world_size: int, timeout_s: float = 240.0, module: str = "labgpt.parallel.ranks") -> Job:
    """Have `world_size` processes, a group of their own under torchrun, do the work in turn. Raises ValueError for other work."""
    there = importlib.import_module(module).WORK
    for what in work:
        need(what in there, "work", what, ", ".join(there))
    need(isinstance(world_size, int) and 2 <= world_size <= 8, "world_size", world_size, "2 … 8 processes on one machine")
    folder = Path(tempfile.mkdtemp(prefix="labgpt-"))
    weakref.finalize(start, shutil.rmtree, folder, ignore_errors=True)  # when Python ends
    command = machine.torchrun(world_size, "-m", module, str(folder), *work)
    with open(folder / "log", "w", encoding="utf-8") as log:
        talk = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        process = subprocess.Popen(command, env=machine.worker_env(), start_new_session=True, **talk)
    return Job(process, folder, world_size, timeout_s)


def sent_bytes() -> dict[int, int]:
    """{connection: bytes it has sent so far} of this process's TCP connections, by the kernel's count; {} where it keeps none."""
    found = {}
    if hasattr(socket, "TCP_INFO") and Path("/proc/self/fd").is_dir():
        for number in map(int, os.listdir("/proc/self/fd")):
            with contextlib.suppress(OSError):  # no socket, not TCP, or closed by now
                if stat.S_ISSOCK((about := os.fstat(number)).st_mode):
                    with socket.socket(fileno=os.dup(number)) as one:
                        info = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
                    found[about.st_ino] = struct.unpack_from("Q", info.ljust(BYTES_SENT_AT + 8, b"\0"), BYTES_SENT_AT)[0]
    return found


def forms(meeting: Meeting) -> Iterator[dict]:
    """Each strategy by hand, torch's two, and one process ("one") with the whole batch: STEPS steps from the same weights.

    {form, rank, losses (of this rank's slice), weights (hash), sent_bytes and messages a step by the line's count, kernel_bytes
    a step by the kernel's, optimizer_bytes, seconds a step}.
    """
    config, rank, w = science(), meeting.rank, meeting.world_size
    data = prepare(config)
    for name in ("one", *FORMS, "torch ddp", "torch zero1"):
        with meeting.group():
            model, line = GPT(config.model, config.seed), Line(0, 1) if name == "one" else Line(rank, w)
            form = Torch(model, adamw, name == "torch zero1") if name.startswith("torch") else FORMS.get(name, Naive)(model, line, adamw)
            share, losses, clock, sent = ROWS if name == "one" else ROWS // w, [], [], []
            first = 0 if name == "one" else rank * share
            for step in range(STEPS):
                sent.append(sent_bytes())
                began = time.perf_counter()
                loss = form.model(*tensors(data.batch(step, ROWS, first, first + share)))
                form.step(loss)
                clock.append(time.perf_counter() - began)
                losses.append(loss.item())
            before, after = sent[2], sent_bytes()  # torch's DDP settles its buckets in the first two steps
            yield {"form": name, "rank": rank, "losses": losses, "weights": digest(model), "sent_bytes": line.bytes / STEPS,
                   "messages": line.messages / STEPS, "optimizer_bytes": optimizer_bytes(form.optimizer),
                   "kernel_bytes": sum(n - before.get(one, 0) for one, n in after.items()) / (STEPS - 2),
                   "seconds": statistics.median(clock[2:])}  # fmt: skip


def collectives(meeting: Meeting, ops: tuple[str, ...] = OPS, most: int = 64 << 20) -> Iterator[dict]:
    """{rank, op, world_size, n_bytes, seconds}: torch's collectives of 4 B … `most`, the median of 3 to 30, all ranks beginning together.

    n_bytes: of the whole, of which each rank of an all-gather or a reduce-scatter has a W-th: rounded up to a number each.
    """
    w = meeting.world_size
    with meeting.group():
        for n, op in ((4**k, op) for k in range(most.bit_length() // 2) for op in ops):
            whole, part = torch.ones(n if op in ("all_reduce", "broadcast") else -(-n // w) * w), torch.ones(-(-n // w))
            call = {"all_reduce": partial(dist.all_reduce, whole), "all_gather": partial(dist.all_gather_into_tensor, whole, part),
                    "reduce_scatter": partial(dist.reduce_scatter_tensor, part, whole), "broadcast": partial(dist.broadcast, whole, 0)}[op]
            clock = []
            for _ in range(1 + max(3, min(30, (1 << 22) // n))):
                dist.barrier()
                began = time.perf_counter()
                call()
                clock.append(time.perf_counter() - began)
            yield {"rank": meeting.rank, "op": op, "world_size": w, "n_bytes": whole.nbytes, "seconds": statistics.median(clock[1:])}


def meet(meeting: Meeting) -> Iterator[dict]:
    """{rank, sum}: every rank's number, added up. All that `labgpt doctor` wants to know."""
    with meeting.group():
        total = torch.tensor(meeting.rank + 1.0)
        dist.all_reduce(total)
        yield {"rank": meeting.rank, "sum": total.item()}


link = partial(collectives, ops=("all_reduce",), most=1 << 20)
WORK = {"forms": forms, "zoo": play, "link": link, "collectives": collectives, "meet": meet}


def main(there: dict[str, Callable[[Meeting], Iterator[dict]]]) -> None:
    folder, *work = sys.argv[1:]
    torch.set_num_threads(1)
    meeting = Meeting()
    for what in work:
        write_atomic(Path(folder) / f"{what}-{meeting.rank}.json", json.dumps(list(there[what](meeting))))


if __name__ == "__main__":
    main(WORK)
