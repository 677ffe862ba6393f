"""Where ranks meet, and the model and data that lesson 09 gives them."""

import contextlib
import time
from collections.abc import Iterator
from datetime import timedelta

import torch
import torch.distributed as dist

from labgpt import corpus
from labgpt.record import sha256
from labgpt.spec import derive

MEET_S = 60.0  # for ranks that wait for each other between two pieces of work
ROWS, LR = 24, 0.003  # rows of the global batch, over all ranks


class Meeting:
    """Where the ranks of one torchrun meet: one process group after the other, so that a broken one harms no later one."""

    def __init__(self):
        self.store, self.rank, self.world_size = next(dist.rendezvous("env://"))
        self.count = 0

    @contextlib.contextmanager
    def group(self, timeout_s: float = MEET_S, checked: bool = False) -> Iterator[None]:
        """A fresh process group. checked: each collective is compared among the ranks before it is carried out."""
        self.count += 1
        store = dist.PrefixStore(f"group-{self.count}", self.store)
        dist.set_debug_level(dist.DebugLevel.DETAIL if checked else dist.DebugLevel.OFF)
        dist.init_process_group("gloo", store=store, rank=self.rank, world_size=self.world_size, timeout=timedelta(seconds=timeout_s))
        try:
            yield
        finally:
            dist.destroy_process_group()
            self.meet(f"left-{self.count}")  # a rank that timed out is ahead of the one it waited for

    def meet(self, key: str) -> None:
        """Wait until all ranks are here. Rank 0, which keeps the store, leaves last."""
        self.store.add(key, 1)
        for at in (key, f"{key}-seen"):
            until = time.monotonic() + MEET_S
            while self.store.add(at, 0) < self.world_size and time.monotonic() < until:
                time.sleep(0.01)
            self.store.add(f"{key}-seen", 1)
            if self.rank > 0:
                return


def science():
    """Lesson 09's model and data: 22,528 weights, whose gradient has 90,112 bytes."""
    return corpus.pin(derive(16, budgets=(16_384,), val_tokens=2048, batch_size=ROWS, init="gpt2")).science


def tensors(rows):
    """(B, T+1) rows -> ids, targets, both (B, T)."""
    both = torch.from_numpy(rows.astype("int64"))
    return both[:, :-1].contiguous(), both[:, 1:].contiguous()


def digest(model) -> str:
    """Hash of all weights."""
    return sha256(torch.cat([p.detach().reshape(-1) for p in model.parameters()]).numpy().tobytes())[:16]
