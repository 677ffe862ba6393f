"""Muon for the hidden matrices, AdamW for the rest, and the learning-rate schedule."""

from __future__ import annotations

import math
from collections import defaultdict

import torch
from torch import Tensor

from labgpt.model import GPT
from labgpt.spec import OptimConfig, ScheduleConfig


def orthogonalise(g: Tensor, steps: int = 5) -> Tensor:
    """Push the singular values of each matrix in (K, m, n) towards 1: Newton–Schulz with Jordan's quintic (Muon, 2024).

    On a GPU in bfloat16, as there: the iteration forgives rounding.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    wide = g.size(-1) >= g.size(-2)
    x = g if wide else g.mT
    x = x.bfloat16() if x.is_cuda else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x if wide else x.mT).to(g.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum, then orthogonalised. Matrices of one shape go through Newton–Schulz together; (3C, C) counts as three."""

    def __init__(self, matrices: list[torch.nn.Parameter], lr: float, momentum: float, weight_decay: float):
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            by_shape = defaultdict(list)
            for p in group["params"]:
                velocity = self.state[p].setdefault("velocity", torch.zeros_like(p))
                velocity.lerp_(p.grad, 1 - group["momentum"])
                nesterov = p.grad.lerp(velocity, group["momentum"])
                for part, update in zip(_squares(p), _squares(nesterov), strict=True):
                    by_shape[part.shape].append((part, update))
            for shape, pairs in by_shape.items():
                updates = orthogonalise(torch.stack([update for _, update in pairs]))
                scale = group["lr"] * math.sqrt(max(1.0, shape[0] / shape[1]))
                parts = [part for part, _ in pairs]
                if group["weight_decay"]:
                    torch._foreach_mul_(parts, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(parts, list(updates.unbind()), alpha=-scale)


def _squares(m: Tensor) -> list[Tensor]:
    """A (3C, C) matrix holds queries, keys and values: three maps, each turned on its own."""
    return list(m.chunk(3)) if m.size(0) == 3 * m.size(1) else [m]


def optimizers(model: GPT, config: OptimConfig) -> list[torch.optim.Optimizer]:
    """Every parameter has exactly one optimiser. Each group keeps its peak rate as `peak_lr`."""
    matrices = {id(p) for p in model.matrices}
    tables = [model.embed.weight] + ([] if model.position is None else [model.position.weight])
    taken = matrices | {id(p) for p in tables}
    adam = [
        {"params": tables, "lr": config.lr_embed, "weight_decay": 0.0},
        {"params": [p for p in model.parameters() if id(p) not in taken], "lr": config.lr_head},  # the head, and vectors
    ]
    if config.name == "adamw":
        adam.append({"params": model.matrices, "lr": config.lr_matrix})
    found = [
        torch.optim.AdamW(
            adam, betas=(config.beta1, config.beta2), eps=1e-10, weight_decay=config.weight_decay, fused=True
        )
    ]
    if config.name == "muon":
        found.append(Muon(model.matrices, config.lr_matrix, config.momentum, config.weight_decay))
    for optimizer in found:
        for group in optimizer.param_groups:
            group["peak_lr"] = group["lr"]
    return found


def rate(schedule: ScheduleConfig, step: int, fork: int, end: int) -> float:
    """Learning rate as a share of its peak at `step`, on the branch that leaves the trunk at `fork` and is cold at `end`."""
    if step < fork:
        return min(1.0, (step + 1) / schedule.warmup_steps) if schedule.warmup_steps else 1.0
    progress = (step - fork + 1) / (end - fork + 1)
    if schedule.shape == "cosine":  # often over the whole run, so it is warmed up here too
        warm = min(1.0, (step + 1) / schedule.warmup_steps) if schedule.warmup_steps else 1.0
        return warm * (1 + math.cos(math.pi * progress)) / 2
    return 1 - math.sqrt(progress) if schedule.shape == "1-sqrt" else 1 - progress
