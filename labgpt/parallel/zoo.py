"""The bug zoo: faults of data parallel training, most planted on rank 1, run as they come and with torch's checks on.

`play` is `ranks.start("zoo", world_size=3)`'s work; `diagnose` says from the records alone what is wrong, and with whom.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator

import torch
import torch.distributed as dist
from torch import Tensor

from labgpt.model import GPT
from labgpt.tokens import prepare

from .meeting import LR, ROWS, Meeting, digest, science, tensors

CULPRIT, STEPS, TIMEOUT_S, SLOW_S = 1, 3, 3.0, 0.15
SEEN = 1e-5  # a loss further than this from one process's is another run


class Healthy:
    """Data parallel training as it should be; each fault changes one method."""

    survives = True  # without torch's checks; where not, gloo aborts the whole process, and nothing can be recorded

    def __init__(self, rank: int, world_size: int, batch):
        self.rank, self.world_size, self.batch, self.waited = rank, world_size, batch, 0.0
        self.model = GPT(science().model, self.seed())
        self.parameters = list(self.model.parameters())
        self.optimizer = torch.optim.SGD(self.parameters, lr=100 * LR)

    def seed(self) -> int:
        return 0

    def rows(self, step: int) -> Tensor:
        return self.batch(step)[self.rank :: self.world_size]

    def work(self, step: int) -> None:
        self.model(*tensors(self.rows(step))).backward()

    def average(self, step: int) -> None:
        for p in self.parameters:
            self.add_up(p.grad)
            p.grad /= self.world_size

    def add_up(self, t: Tensor) -> None:
        began = time.perf_counter()
        try:
            dist.all_reduce(t)
        finally:
            self.waited += time.perf_counter() - began

    def step(self, step: int) -> None:
        self.optimizer.zero_grad()
        self.work(step)
        self.average(step)
        self.optimizer.step()


class Order(Healthy):
    """The rank asks for the learning rate first, the others later."""

    def average(self, step: int) -> None:
        rate = torch.tensor([LR])
        if self.rank == CULPRIT:
            dist.broadcast(rate, 0)
        super().average(step)
        if self.rank != CULPRIT:
            dist.broadcast(rate, 0)


class Swapped(Healthy):
    """The rank walks its weights in another order, in which every shape fits."""

    def average(self, step: int) -> None:
        if self.rank == CULPRIT and step == 0:
            first, last = self.parameters[0], self.parameters[-1]  # embedding and head: both (V, C)
            self.parameters = [last, *self.parameters[1:-1], first]
        super().average(step)


class Shape(Healthy):
    """A layer is frozen on the rank, so its gradients come one place too early."""

    survives = False

    def average(self, step: int) -> None:
        if self.rank == CULPRIT:
            self.parameters = self.parameters[-9:]
        super().average(step)


class Missing(Healthy):
    """In the last step the rank finds no rows left, and waits for more."""

    def average(self, step: int) -> None:
        if self.rank == CULPRIT and step == STEPS - 1:
            time.sleep(TIMEOUT_S + 1)
            return
        super().average(step)


class Straggler(Healthy):
    """The rank's disk is slow."""

    def work(self, step: int) -> None:
        time.sleep(SLOW_S if self.rank == CULPRIT else 0)
        super().work(step)


class Uneven(Healthy):
    """24 rows are cut into 12 + 6 + 6, and the means are averaged as they are."""

    def rows(self, step: int) -> Tensor:
        rows = self.batch(step)
        return rows[len(rows) // 2 :][self.rank - 1 :: self.world_size - 1] if self.rank else rows[: len(rows) // 2]


class Seeds(Healthy):
    """Each rank draws its first weights from a seed of its own."""

    def seed(self) -> int:
        return self.rank


FAULTS = {"healthy": Healthy, "order": Order, "swapped": Swapped, "shape": Shape, "missing": Missing, "straggler": Straggler,
          "uneven": Uneven, "seeds": Seeds}  # fmt: skip


def play(meeting: Meeting) -> Iterator[dict]:
    """Every fault, with torch's checks off and on: {fault, checked, rank, error, seconds, began, ended (hashes of the weights),
    loss, one_process (the loss one process has after as many steps), rows, worked_s, waited_s}."""
    data, rank, w = prepare(science()), meeting.rank, meeting.world_size
    whole, alone = tensors(data.batch(STEPS, ROWS)), Healthy(0, 1, lambda step: data.batch(step, ROWS))
    alone.add_up = lambda t: None
    for step in range(STEPS):
        alone.step(step)
    for name, fault in FAULTS.items():
        for checked in (False, True)[not fault.survives :]:
            with meeting.group(TIMEOUT_S, checked):
                one, error, clock = fault(rank, w, alone.batch), "", time.perf_counter()
                began = digest(one.model)
                try:
                    for step in range(STEPS):
                        one.step(step)
                except RuntimeError as found:
                    error = str(found).split("\n")[0]
                seconds = time.perf_counter() - clock
            with torch.inference_mode():
                losses = {"loss": one.model(*whole).item(), "one_process": alone.model(*whole).item()}
            spent = {"seconds": seconds, "waited_s": one.waited, "worked_s": seconds - one.waited, "rows": len(one.rows(0))}
            what = {"fault": name, "checked": checked, "rank": rank, "error": error, "began": began, "ended": digest(one.model)}
            yield what | losses | spent


# What a rank says of itself. What it says of the other rank is wrong (torch 2.13) where their operations differ.
AT = re.compile(r"Rank (\d+) is running collective: CollectiveFingerPrint\(.*?OpType=(\w+)(?:, TensorShape=\[([\d, ]*)\])?")
ABSENT = re.compile(r"Ranks? ([\d, ]+) failed to pass monitoredBarrier")


def diagnose(records: list[dict]) -> tuple[str, int | None, str]:
    """(kind, rank, sentence) from the records of one run's ranks. kind: collective, missing, unnamed, weights, straggler, data or none.

    rank: who is to blame, None where the records can't say.
    """
    records = sorted(records, key=lambda r: r["rank"])
    said = [r["error"] for r in records if r["error"]]
    at = {int(found[1]): f"{found[2]} [{found[3] or ''}]" for line in said if (found := AT.search(line))}
    if at:
        rank, many = _odd(at)
        return "collective", rank, f"rank {rank} is at {at[rank]} while the others are at {many}"
    if absent := [found[1] for line in said if (found := ABSENT.search(line))]:
        return "missing", int(absent[0].split(",")[0]), f"rank {absent[0]} never came"
    if said:
        return "unnamed", None, f"after {max(r['seconds'] for r in records):.0f} s, and no rank is named: {said[0][-70:]}"
    for when in ("began", "ended"):
        hashes = {r["rank"]: r[when] for r in records}
        if len(set(hashes.values())) > 1:
            rank, _ = _odd(hashes)
            alike = len(set(hashes.values())) < len(hashes)
            who = f"rank {rank}'s weights differ" if alike else "all ranks' weights differ"
            return "weights", rank if alike else None, f"{who} {'before the first step' if when == 'began' else 'after the last step'}"
    off = max(abs(r["loss"] - r["one_process"]) for r in records)
    if off > SEEN:
        rows = ", ".join(str(r["rows"]) for r in records)
        return "data", None, f"all ranks agree, and one process's loss differs by {off:.1e}; rows a rank: {rows}"
    slow = max(records, key=lambda r: r["worked_s"])
    if slow["worked_s"] > max(0.2, 2 * sorted(r["worked_s"] for r in records)[len(records) // 2]):
        return "straggler", slow["rank"], f"rank {slow['rank']} works {slow['worked_s']:.2f} s and waits least"
    return "none", None, "one process's run"


def _odd(seen: dict[int, str]) -> tuple[int, str]:
    """(the rank that differs from the most, what the most have); where there is no most, the last rank."""
    many = Counter(seen.values()).most_common(1)[0][0]
    return [rank for rank in sorted(seen) if seen[rank] != many][-1], many
