"""Lesson 10's measurements: a layer in parts, a pipeline, and what each rank holds, on W processes that torchrun starts.

`measure(W)` returns one dict a rank; `labgpt bench parts --world-size W --json FILE` writes them, with provenance.
"""

import time
from collections.abc import Iterator

import torch
from torch import nn
from torch._C._profiler import _EventType
from torch.profiler import ProfilerActivity, profile

from labgpt import corpus, cost
from labgpt.cost.pipeline import KINDS, schedule
from labgpt.model import GPT
from labgpt.parallel import Group
from labgpt.parallel.model_by_hand import ColumnLinear, Pipeline, RowLinear, part
from labgpt.parallel.ranks import main, start, tensors
from labgpt.parallel.strategies import Stage
from labgpt.record import sha256
from labgpt.spec import RunSpec, derive
from labgpt.tokens import prepare
from labgpt.train.loop import Trainer

ROWS, MICROBATCHES, MODULE = 16, 8, "labgpt.studies.model_parallel"  # a module run by -m has another __name__
WAYS = ("ddp", "zero1", "fsdp", "tp", *KINDS)


def spec(ranks: int = 1, strategy: str = "ddp") -> RunSpec:
    """1.7 million weights in eight blocks, AdamW."""
    shape = {"n_layer": 8, "n_head": 4, "batch_size": ROWS, "val_tokens": 4096, "name": "adamw", "lr_matrix": 1e-3,
             "init": "gpt2"}  # fmt: skip  # from zero, the first stage would have no gradient yet
    pieces = MICROBATCHES if strategy in KINDS else 1
    return corpus.pin(derive(128, budgets=(1 << 20,), world_size=ranks, strategy=strategy, microbatches=pieces, **shape))


def measure(ranks: int = 2) -> list[dict]:
    """Each rank's figures, {layer, pipeline: {gpipe, 1f1b}, memory: {way: {peak, predicted}}}. Raises RuntimeError with the
    ranks' own words."""
    return start("parts", world_size=ranks, module=MODULE, timeout_s=600.0).records("parts")


def parts(meeting) -> Iterator[dict]:
    """A rank's figures."""
    rank, ranks = meeting.rank, meeting.world_size
    with meeting.group():
        found = {"rank": rank, "ranks": ranks, "layer": layer(rank, ranks)}
        found["pipeline"] = {kind: pipeline(kind, rank, ranks) for kind in KINDS}
        yield found | {"memory": {way: held(way, Group(ranks)) for way in WAYS}}


WORK = {"parts": parts}


def layer(rank: int, ranks: int, d: int = 64) -> dict:
    """An MLP cut in columns and rows against the whole one: largest relative differences; its weights here; numbers it sums up."""
    torch.manual_seed(0)
    whole = nn.Sequential(nn.Linear(d, 4 * d, bias=False), nn.GELU(), nn.Linear(4 * d, d, bias=False))
    mine = nn.Sequential(ColumnLinear(part(whole[0].weight, rank, ranks)), nn.GELU(), RowLinear(part(whole[2].weight, rank, ranks, 1)))
    x, found = torch.randn(8, 16, d), []
    for net in (whole, mine):
        inside = x.clone().requires_grad_()
        y = net(inside)
        y.square().sum().backward()
        found.append([y.detach(), inside.grad, net[0].weight.grad, net[2].weight.grad])
    found[0][2:] = [part(found[0][2], rank, ranks), part(found[0][3], rank, ranks, 1)]
    apart = {name: relative(a, b) for name, a, b in zip(("output", "input gradient", "up gradient", "down gradient"), *found)}
    counts = {name: sum(w.numel() for w in net.parameters()) for name, net in (("whole", whole), ("here", mine))}
    return {"apart": apart, "weights": counts, "summed": 2 * x.numel()}


def relative(a, b) -> float:
    """The largest difference over the largest value."""
    return float(((a - b).abs().max() / b.abs().max()).detach())


def staged(rank: int, ranks: int):
    """(stage, its Pipeline, microbatches' ids, targets) of one batch."""
    science = spec().science
    stage = Stage(GPT(science.model, 0), rank, ranks)
    return stage, Pipeline(stage, (ROWS // MICROBATCHES, science.model.seq_len, science.model.d_model), stage.model.read_out)


def batch(step: int = 0):
    """ids, targets (ROWS, T) of one step."""
    return tensors(prepare(spec().science).batch(step, ROWS))


def pipeline(kind: str, rank: int, ranks: int) -> dict:
    """A stage's gradient against the whole model's, and its hash."""
    (stage, line), (ids, targets) = staged(rank, ranks), batch()
    line.run(schedule(kind, ranks, MICROBATCHES)[rank], ids.chunk(MICROBATCHES), targets.chunk(MICROBATCHES))
    whole = GPT(spec().science.model, 0)
    whole(ids, targets).backward()
    each = len(whole.blocks) // ranks
    parts = [*whole.blocks[rank * each : (rank + 1) * each]] + [whole.embed] * (rank == 0) + [whole.head] * (rank == ranks - 1)
    own = [*stage.model.blocks.values()] + [stage.model.embed] * (rank == 0) + [stage.model.head] * (rank == ranks - 1)
    a, b = (torch.cat([p.grad.flatten() for m in modules for p in m.parameters()]) for modules in (own, parts))
    return {"apart": relative(a, b), "sha256": sha256(a.numpy().tobytes())}


def held(way: str, group) -> dict:
    """{peak, predicted}: the most bytes of live tensors in the third of three steps, by the profiler's memory events."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        trainer = Trainer(spec(group.world_size, way), group)
        for number in range(2):  # DDP lays out its buckets anew in the second
            trainer.step(number, 1000, 1000)
        after = time.time_ns()
        trainer.step(2, 1000, 1000)
    # A tensor that gloo's thread lets go of last is released unseen: it is gone when its place is given to another.
    live, total, top, stack = {}, 0, 0, list(seen.profiler.kineto_results.experimental_event_tree())
    moves = []
    while stack:
        event = stack.pop()
        stack += event.children
        if event.typed[0] == _EventType.Allocation:
            moves.append((event.start_time_ns, event.typed[1].ptr, event.typed[1].alloc_size))
    for when, place, size in sorted(moves):
        total += max(size, 0) - live.pop(place, 0)
        live |= {place: size} if size > 0 else {}
        top = max(top, total) if when >= after else top
    return {"peak": top, "predicted": cost.rank_memory(spec().science.model, ROWS, way, group.world_size, group.rank, MICROBATCHES)}


if __name__ == "__main__":
    main(WORK)
