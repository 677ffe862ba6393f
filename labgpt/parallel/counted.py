"""What a strategy says to the other ranks in a step, counted: one process plays one rank of W, up to 4096; the others are not there.

torch's "fake" process group lets every collective return at once. What is called, and with how many bytes, is what a real rank
would call; the numbers that come out are not.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from unittest import mock

import torch
import torch.distributed as dist
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from labgpt.cost.collectives import sent
from labgpt.model import GPT
from labgpt.spec import RunSpec
from labgpt.spec.run import need

from .data_parallel import Ring, replicas
from .group import Group

CALLS = {"allreduce_": "all_reduce", "_allgather_base_": "all_gather", "_reduce_scatter_base_": "reduce_scatter",
         "allgather_": "all_gather", "broadcast_": "broadcast"}  # fmt: skip  # torch's name in the dispatcher, ours


class Listener(TorchDispatchMode):
    """calls: {(op, bytes of the whole, ranks that take part): how often}. Raises ValueError for a collective that it can't count."""

    def __init__(self):
        super().__init__()
        self.calls: Counter[tuple[str, int, int]] = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        space, _, name = func._schema.name.partition("::")
        if space == "c10d":
            need(name in CALLS, "collective", name, ", ".join(CALLS))
            tensors = [t for a in args for t in (a if isinstance(a, list) else [a]) if isinstance(t, Tensor)]
            ranks = next(dist.ProcessGroup.unbox(a).size() for a in args if isinstance(a, torch.ScriptObject))
            self.calls[CALLS[name], max(t.nbytes for t in tensors), ranks] += 1
        return func(*args, **(kwargs or {}))


@contextlib.contextmanager
def alone(world_size: int, rank: int = 0) -> Iterator[Group]:
    """This process as one rank of `world_size`."""
    from torch.testing._internal.distributed.fake_pg import FakeStore

    need(1 < world_size <= 4096, "world_size", world_size, "2 … 4096")
    dist.init_process_group("fake", store=FakeStore(), rank=rank, world_size=world_size)
    try:
        with mock.patch.dict(os.environ, {"WORLD_SIZE": str(world_size), "RANK": str(rank)}):
            yield Group(world_size)
    finally:
        dist.destroy_process_group()


def count(spec: RunSpec) -> dict:
    """{calls: [{op, n_bytes, ranks, times}], sent_bytes} of rank 0's training step: gradients, and weights where they move.

    sent_bytes: what a ring (or a broadcast's tree) sends for them. DiLoCo: of a step that meets, its bytes over H.
    """
    how, science = spec.execution, spec.science

    def rows(start: int, stop: int) -> tuple[Tensor, Tensor]:
        ids = torch.zeros(stop - start, science.model.seq_len, dtype=torch.int64)
        return ids, ids

    with alone(how.world_size) as group:
        form = replicas(GPT(science.model, science.seed), group, how)
        if isinstance(form, Ring):  # the fake group's all-reduce leaves no tensor for DDP to find, so DDP is told how to ask
            form.net.register_comm_hook(None, _summed)
        for _ in range(3):  # DDP settles its buckets in the first two
            with Listener() as heard:
                form.backward(rows, science.batch_size)
                if how.strategy == "diloco":
                    form.settle(how.local_steps, True)
    calls = [{"op": op, "n_bytes": n, "ranks": ranks, "times": times} for (op, n, ranks), times in heard.calls.items()]
    every = how.local_steps if how.strategy == "diloco" else 1
    return {"calls": calls, "sent_bytes": sum(c["times"] * sent(c["op"], c["n_bytes"], c["ranks"])[1] for c in calls) / every}


def _summed(state, bucket):  # no annotations: torch compares them
    dist.all_reduce(bucket.buffer())
    done = torch.futures.Future()
    done.set_result(bucket.buffer())
    return done
