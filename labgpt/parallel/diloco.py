"""Infrequent communication: ranks train alone for H steps, then take one step together (DiLoCo; Douillard et al. 2023, arXiv:2311.08105).

The anchor is where all ranks stood when they last met. How far they have moved from it since, averaged, is taken for a gradient;
SGD with Nesterov's momentum follows it, and all go on from there. Each rank's own optimizer goes on as it was. One all-reduce
of the weights in H steps, where DDP has one of the gradient in each; and another run than one process's, for the ranks drift apart.
"""

import contextlib

import torch
from torch import Tensor, nn

from labgpt.model import GPT
from labgpt.spec import Execution

from .data_parallel import Rows, passes
from .group import Group


class DiLoCo:
    """`backward` for every step; `settle` after it, which meets the other ranks at each H-th."""

    def __init__(self, model: GPT, group: Group, execution: Execution):
        self.model, self.group, self.every = model, group, execution.local_steps
        self.microbatches = execution.microbatches
        self.parameters, momentum = list(model.parameters()), execution.outer_momentum
        self.anchor = nn.Parameter(self.flat())
        self.outer = torch.optim.SGD([self.anchor], execution.outer_lr, momentum, nesterov=momentum > 0)

    def flat(self) -> Tensor:
        return torch.cat([p.detach().reshape(-1) for p in self.parameters])

    def backward(self, rows: Rows, batch_size: int) -> Tensor:
        """Leave the gradient of the rank's own slice in .grad; returns its mean loss."""
        share = batch_size // self.group.world_size
        self.model.zero_grad()
        return passes(self.model, rows, self.group.rank * share, share, self.microbatches, contextlib.nullcontext)

    def settle(self, done: int, last: bool) -> None:
        """After step `done` (from 1 on): at each H-th, and at a budget's last, the outer step; then all ranks have the same weights."""
        if done % self.every and not last:
            return
        self.anchor.grad = self.group.average(self.anchor.detach() - self.flat())
        self.outer.step()
        with torch.no_grad():
            for p, part in zip(self.parameters, self.anchor.split([p.numel() for p in self.parameters]), strict=True):
                p.copy_(part.view_as(p))

    def state(self) -> dict[str, Tensor]:
        """What the outer step changes, by name."""
        kept = self.outer.state[self.anchor].get("momentum_buffer")
        return {"outer.anchor": self.anchor.detach()} | ({} if kept is None else {"outer.momentum": kept})

    def load(self, state: dict[str, Tensor]) -> None:
        self.anchor.data.copy_(state["outer.anchor"])
        kept = state.get("outer.momentum")
        self.outer.state[self.anchor]["momentum_buffer"] = None if kept is None else kept.clone()
