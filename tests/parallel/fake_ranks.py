"""What a strategy says to the other ranks in a step, counted: one process plays one rank of up to 4096, and the others are not there.

In torch's "fake" process group every collective returns at once. What is called, with how many bytes, is what a real rank would
call; the numbers that come out are not. For test_counted.py.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from unittest import mock

import torch
import torch.distributed as dist
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from labgpt.cost.collectives import sent
from labgpt.model import GPT
from labgpt.parallel import Group, Ring, replicas
from labgpt.spec import RunSpec
from labgpt.spec.run import need

CALLS = {"allreduce_": "all_reduce", "_allgather_base_": "all_gather", "_reduce_scatter_base_": "reduce_scatter",
         "broadcast_": "broadcast"}  # fmt: skip  # torch's name in the dispatcher, ours


class Listener(TorchDispatchMode):
    """calls: {(op, bytes of the whole, ranks that take part): how often}. ValueError for a collective that it can't count."""

    def __init__(self):
        super().__init__()
        self.calls: Counter[tuple[str, int, int]] = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        space, _, name = func._schema.name.partition("::")
        if space == "c10d":
            need(name in CALLS, "collective", name, ", ".join(CALLS))
            whole = max(t.nbytes for a in args for t in (a if isinstance(a, list) else [a]) if isinstance(t, Tensor))
            ranks = next(dist.ProcessGroup.unbox(a).size() for a in args if isinstance(a, torch.ScriptObject))
            self.calls[CALLS[name], whole, ranks] += 1
        return func(*args, **(kwargs or {}))


@contextlib.contextmanager
def alone(world_size: int, rank: int = 0):
    """A Group in which this process is one rank of `world_size`."""
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

    sent_bytes: in rings, and a broadcast's tree. DiLoCo: calls of a step that meets, its bytes over H.
    """
    how, science = spec.execution, spec.science
    ids = torch.zeros(science.batch_size, science.model.seq_len, dtype=torch.int64)
    with alone(how.world_size) as group:
        form = replicas(GPT(science.model, science.seed), group, how, {})
        if isinstance(form, Ring):  # the fake all-reduce leaves no tensor for DDP to find, so DDP is told how to ask
            form.net.register_comm_hook(None, _summed)
        for _ in range(3):  # DDP settles its buckets in the first two
            with Listener() as heard:
                form.backward(lambda start, stop: (ids[start:stop], ids[start:stop]), science.batch_size)
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
