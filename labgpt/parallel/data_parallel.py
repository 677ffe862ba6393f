"""Two ways to average a gradient over W processes.

Floating-point sums depend on their order, so a plain all-reduce gives other bits for every W. `Tree` fixes the order: the
global batch is cut into S equal microshards (S a power of two, whatever W is), each gradient is computed alone, and they are
summed in one binary tree whose lower levels lie inside a rank and whose upper levels cross ranks. Every W walks the same
tree, so the weights stay the same bits. `Ring` is torch's DistributedDataParallel: one pass over the rank's slice, then an
all-reduce (on a GPU in buckets, while backward still runs).
"""

import contextlib
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from labgpt.model import GPT

from .group import Group

Rows = Callable[[int, int], tuple[Tensor, Tensor]]  # (start, stop) -> ids, targets of those rows of the global batch


def tree_sum(parts: list[Tensor]) -> Tensor:
    """Sum a power-of-two list as ((0+1)+(2+3))+…: the order every world size shares."""
    while len(parts) > 1:
        parts = [low + high for low, high in zip(parts[::2], parts[1::2], strict=True)]
    return parts[0]


class Tree:
    """Gradients bitwise equal for every world size that divides `microshards`."""

    def __init__(self, model: GPT, group: Group, microshards: int):
        self.model, self.group, self.microshards = model, group, microshards
        self.parameters = list(model.parameters())

    def backward(self, rows: Rows, batch_size: int) -> Tensor:
        """Leave the global batch's mean gradient in .grad; returns its mean loss (a scalar, the same on all ranks)."""
        share, size = self.microshards // self.group.world_size, batch_size // self.microshards
        first = self.group.rank * share
        total = tree_sum([self.shard(*rows(i * size, (i + 1) * size)) for i in range(first, first + share)])
        hop = 1
        while hop < self.group.world_size:  # the upper levels: partners at distance 1, 2, 4, …
            total = total + self.group.exchange(total, self.group.rank ^ hop)
            hop *= 2
        mean = total / self.microshards
        offset = 1
        for p in self.parameters:
            p.grad = mean[offset : offset + p.numel()].view_as(p)
            offset += p.numel()
        return mean[0]

    def shard(self, ids: Tensor, targets: Tensor) -> Tensor:
        """One microshard's loss and gradient as one flat vector, loss first."""
        loss = self.model(ids, targets)
        gradients = torch.autograd.grad(loss, self.parameters)
        return torch.cat([loss.detach().view(1), *(g.reshape(-1) for g in gradients)])


class Ring:
    """Each rank takes one contiguous slice of the global batch; DDP averages. Equal slices, so a mean of means is the mean."""

    def __init__(self, model: GPT, group: Group, microbatches: int):
        self.group, self.net, self.microbatches = group, model, microbatches
        if group.world_size > 1:
            # On a CPU one bucket: its cores are busy with backward, so messages sent meanwhile only take turns with it.
            megabytes = 1 << 20 if group.device == "cpu" else None
            # The one buffer, a table of angles, is the same everywhere. Sent in every step it would cost a message, and a rank whose
            # peer is gone could hang on it for ever: torch's thread waits for the GIL, which the main thread keeps while it waits.
            self.net = DistributedDataParallel(model, broadcast_buffers=False, gradient_as_bucket_view=True, bucket_cap_mb=megabytes)

    def backward(self, rows: Rows, batch_size: int) -> Tensor:
        """Leave the global batch's mean gradient in .grad; returns this rank's mean loss."""
        share = batch_size // self.group.world_size
        self.net.zero_grad(set_to_none=self.group.world_size == 1)
        hold = self.net.no_sync if self.group.world_size > 1 else contextlib.nullcontext
        return passes(self.net, rows, self.group.rank * share, share, self.microbatches, hold)


def passes(net: Callable, rows: Rows, first: int, share: int, count: int, hold: Callable) -> Tensor:
    """Add the gradient of `share` rows' mean loss to .grad, in `count` equal passes; all but the last inside `hold()`, where nothing
    is sent. Returns the mean loss."""
    size, total = share // count, 0.0
    for i in range(count):
        with hold() if i < count - 1 else contextlib.nullcontext():
            loss = net(*rows(first + i * size, first + (i + 1) * size)) / count
            loss.backward()
        total = total + loss.detach()
    return total


def total_loss(group: Group, losses: Tensor, weights: Tensor) -> float:
    """Mean of per-batch losses that the ranks evaluated in turn (rank r has batches r, r+W, …), in one fixed order and float64.

    losses, weights: (k,) of this rank, zero weight where it had no batch left.
    """
    together = group.gather(torch.stack([losses.double(), weights.double()], dim=1))  # (W·k, 2), rank by rank
    ordered = together.view(group.world_size, -1, 2).transpose(0, 1).reshape(-1, 2)  # back in the order of batches
    return float((ordered[:, 0] * ordered[:, 1]).sum() / ordered[:, 1].sum())
