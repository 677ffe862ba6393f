"""A model in parts, by hand: a layer cut across ranks, and a pipeline of stages. For lesson 10, and held against torch's own.

A linear layer is y = x Wᵀ. Cut W by rows (the *columns* of Wᵀ) and each rank has some of y's channels; cut it by columns and each
rank, from its channels of x, has a part of every channel of y, and the parts are added up. Column then row: one sum forward, one
backward, whatever lies between (Shoeybi et al. 2019, arXiv:1909.08053). A bias would be cut like y; these layers have none.
"""

from collections.abc import Callable

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd import Function

from labgpt.cost.pipeline import Pass


class _SumBackward(Function):
    """Forward: as it is. Backward: every rank's gradient, added up (Shoeybi's f)."""

    @staticmethod
    def forward(ctx, x: Tensor, group) -> Tensor:
        ctx.group = group
        return x.view_as(x)

    @staticmethod
    def backward(ctx, g: Tensor):
        g = g.contiguous().clone()
        dist.all_reduce(g, group=ctx.group)
        return g, None


class _SumForward(Function):
    """Forward: every rank's part, added up. Backward: as it is (Shoeybi's g)."""

    @staticmethod
    def forward(ctx, x: Tensor, group) -> Tensor:
        x = x.clone()
        dist.all_reduce(x, group=group)
        return x

    @staticmethod
    def backward(ctx, g: Tensor):
        return g, None


def part(weight: Tensor, rank: int, ranks: int, axis: int = 0) -> nn.Parameter:
    """The rank's equal share of a matrix, along an axis: a weight of its own."""
    return nn.Parameter(weight.detach().chunk(ranks, dim=axis)[rank].clone())


class ColumnLinear(nn.Module):
    """x (…, k), the same on all ranks -> the rank's n / W channels of x Wᵀ. `weight`: its rows, (n / W, k)."""

    def __init__(self, weight: nn.Parameter, group=None):
        super().__init__()
        self.weight, self.group = weight, group

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(_SumBackward.apply(x, self.group), self.weight)


class RowLinear(nn.Module):
    """The rank's k / W channels of x -> x Wᵀ (…, n), the same on all ranks. `weight`: its columns, (n, k / W)."""

    def __init__(self, weight: nn.Parameter, group=None):
        super().__init__()
        self.weight, self.group = weight, group

    def forward(self, x: Tensor) -> Tensor:
        return _SumForward.apply(nn.functional.linear(x, self.weight), self.group)


class Pipeline:
    """One rank's stage of a pipeline; the ranks are the stages, in order.

    `stage` maps (rows, …) to (rows, …); the first is given rows of the batch, the others what the stage before has sent, of
    `shape` (a microbatch's). `loss_of(y, targets)` is a mean, on the last stage. After `run`, .grad holds the batch's mean gradient.
    """

    def __init__(self, stage: nn.Module, shape: tuple[int, ...], loss_of: Callable[[Tensor, Tensor], Tensor]):
        self.stage, self.shape, self.loss_of = stage, shape, loss_of
        self.rank, self.last = dist.get_rank(), dist.get_world_size() - 1

    def run(self, order: list[Pass], inputs: list[Tensor], targets: list[Tensor]) -> float:
        """Walk this stage's order over the microbatches; returns the mean loss (0 but on the last stage)."""
        kept: dict[int, tuple[Tensor, Tensor]] = {}  # what waits for its backward pass: its graph holds the activations
        under_way: dict[Pass, tuple] = {}
        total = 0.0
        for what, i in order:
            if what == "F":
                x = inputs[i] if self.rank == 0 else self.receive(self.rank - 1).requires_grad_()
                y = self.stage(x)
                if self.rank == self.last:
                    y = self.loss_of(y, targets[i]) / len(targets)
                    total += float(y.detach())
                else:
                    under_way["F", i] = self.send(y, self.rank + 1)
                kept[i] = x, y
            else:
                x, y = kept.pop(i)
                y.backward(None if self.rank == self.last else self.receive(self.rank + 1))
                if self.rank > 0:
                    under_way["B", i] = self.send(x.grad, self.rank - 1)
                for gone in (("F", i), ("B", i - 1)):
                    if gone in under_way:
                        under_way.pop(gone)[0].wait()
        for request, _ in under_way.values():
            request.wait()
        return total

    def send(self, t: Tensor, to: int) -> tuple[dist.Work, Tensor]:
        """Begin to send, and go on: two neighbours that both waited for the other to receive would wait forever."""
        t = t.detach().contiguous()
        return dist.isend(t, to), t  # the tensor has to live until it has gone

    def receive(self, source: int) -> Tensor:
        t = torch.empty(self.shape)
        dist.recv(t, source)
        return t
