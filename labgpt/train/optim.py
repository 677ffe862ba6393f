"""Muon for the hidden matrices, AdamW for the rest, and the learning-rate schedule."""

import math
from collections import defaultdict

import torch
from torch import Tensor, nn

from labgpt.model import GPT
from labgpt.parallel import Group, local
from labgpt.parallel.strategies import Sharded
from labgpt.spec import OptimConfig, ScheduleConfig

STATES = {"AdamW": ("step", "exp_avg", "exp_avg_sq"), "Muon": ("velocity",)}  # what an optimizer keeps of each parameter
SHARE_FROM = 96  # the width from which ranks share Muon's work: 31 ms a step at width 128, 1 ms at width 32, a message's worth


def orthogonalise(g: Tensor, half: bool = False, steps: int = 5) -> Tensor:
    """Push the singular values of each matrix in (K, m, n) towards 1: Newton–Schulz with Jordan's quintic (Muon, 2024).

    half, and always on a GPU: in bfloat16, as there: the iteration forgives rounding.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    wide = g.size(-1) >= g.size(-2)
    x = g if wide else g.mT
    x = x.bfloat16() if half or x.is_cuda else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        if x.dtype == torch.bfloat16:  # the same in three calls; in float32 the recorded runs would be other bits
            x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
        else:
            x = a * x + (b * gram + c * gram @ gram) @ x
    return (x if wide else x.mT).to(g.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum, then orthogonalised (half: in bfloat16); (3C, C) counts as three.

    With a `group` its ranks share the matrices out and send each other the results: no work is done twice. Every rank keeps
    every momentum, so a checkpoint is whole on each. Where ranks hold parts of matrices, `parts` (a Sharded) puts the updates
    together first, and each rank takes its part of what they were turned into.
    """

    parts: Sharded | None = None

    def __init__(self, matrices: list[nn.Parameter], lr: float, momentum: float, weight_decay: float, half: bool = False,
                 group: Group | None = None):  # fmt: skip
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self.half, self.ranks = half, group

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            matrices, updates, kept = group["params"], [], 1 - group["lr"] * group["weight_decay"]
            for p in matrices:
                velocity = self.state[p].setdefault("velocity", torch.zeros_like(p))
                updates.append(local(p.grad).lerp(local(velocity).lerp_(local(p.grad), 1 - group["momentum"]), group["momentum"]))
            if self.parts is None:
                self.move(matrices, updates, group["lr"], kept)
                continue
            names = [self.parts.names[p] for p in matrices]
            wholes = self.parts.together(names, updates)
            moves = [torch.zeros_like(whole) for whole in wholes]
            self.move(moves, wholes, group["lr"], 1.0)
            for p, name, move in zip(matrices, names, moves, strict=True):
                local(p).mul_(kept).add_(self.parts.part(name, move, self.parts.group.rank))

    def move(self, matrices: list[Tensor], updates: list[Tensor], lr: float, kept: float) -> None:
        """Each whole matrix times `kept`, less its turned update."""
        parts, updates = ([square for m in some for square in _squares(m)] for some in (matrices, updates))
        updates = turn(updates, self.half) if self.ranks is None else turn_together(updates, self.half, self.ranks)
        for shape, places in by_shape(parts).items():
            some, scale = [parts[i] for i in places], lr * math.sqrt(max(1.0, shape[0] / shape[1]))
            if kept != 1.0:
                torch._foreach_mul_(some, kept)
            torch._foreach_add_(some, [updates[i] for i in places], alpha=-scale)


def turn(updates: list[Tensor], half: bool) -> list[Tensor]:
    """Each orthogonalised; those of one shape go through Newton–Schulz together, in bfloat16 also those of its mirror image."""
    turned = [u.mT if half and u.size(0) > u.size(1) else u for u in updates]
    for places in by_shape(turned).values():
        for i, update in zip(places, orthogonalise(torch.stack([turned[i] for i in places]), half), strict=True):
            turned[i] = update if update.shape == updates[i].shape else update.mT
    return turned


def turn_together(updates: list[Tensor], half: bool, group: Group) -> list[Tensor]:
    """As `turn`, each by one rank: what it turned goes to all the others as one flat vector, as long as the longest."""
    turned, owned = list(updates), shares([tuple(u.shape) for u in updates], group.world_size)
    flat = updates[0].new_empty(max(sum(updates[i].numel() for i in places) for places in owned))
    mine = owned[group.rank]
    for room, update in zip(_rooms(flat, updates, mine), turn([updates[i] for i in mine], half), strict=True):
        room.copy_(update)
    for places, theirs in zip(owned, group.share(flat), strict=True):
        for i, update in zip(places, _rooms(theirs, updates, places), strict=True):
            turned[i] = update
    return turned


def shares(shapes: list[tuple[int, ...]], ways: int) -> list[list[int]]:
    """Which matrices each of `ways` ranks turns: the dearest first, each to the rank that has least to do so far."""
    work, owned = [0] * ways, [[] for _ in range(ways)]
    for i in sorted(range(len(shapes)), key=lambda i: (math.prod(shapes[i]) * min(shapes[i]), shapes[i]), reverse=True):
        least = work.index(min(work))
        work[least] += math.prod(shapes[i]) * min(shapes[i])
        owned[least].append(i)
    return owned


def _rooms(flat: Tensor, like: list[Tensor], places: list[int]) -> list[Tensor]:
    """Views of a flat vector, in turn, with the shapes of like[places]."""
    parts = flat.split([*(like[i].numel() for i in places), len(flat) - sum(like[i].numel() for i in places)])
    return [part.view_as(like[i]) for i, part in zip(places, parts[:-1], strict=True)]


def by_shape(matrices: list[Tensor]) -> dict[tuple[int, ...], list[int]]:
    """{shape: where in the list}"""
    found = defaultdict(list)
    for i, m in enumerate(matrices):
        found[tuple(m.shape)].append(i)
    return found


def _squares(m: Tensor) -> list[Tensor]:
    """A (3C, C) matrix holds queries, keys and values: three maps, each turned on its own."""
    return list(m.chunk(3)) if m.size(0) == 3 * m.size(1) else [m]


def optimizers(model: GPT, config: OptimConfig, half: bool = False, group: Group | None = None) -> list[torch.optim.Optimizer]:
    """Every parameter has exactly one optimiser. Each group keeps its peak rate as `peak_lr`. half, group: as for Muon."""
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
        found.append(Muon(model.matrices, config.lr_matrix, config.momentum, config.weight_decay, half, group))
    for optimizer in found:
        for peak in optimizer.param_groups:
            peak["peak_lr"] = peak["lr"]
    return found


def rate(schedule: ScheduleConfig, step: int, fork: int, end: int) -> float:
    """Learning rate as a share of its peak at `step`, on the branch that leaves the trunk at `fork` and is cold at `end`."""
    warm = min(1.0, (step + 1) / max(1, schedule.warmup_steps))
    if step < fork:
        return warm
    progress = (step - fork + 1) / (end - fork + 1)
    if schedule.shape == "cosine":  # often over the whole run, so it is warmed up here too
        return warm * (1 + math.cos(math.pi * progress)) / 2
    return 1 - math.sqrt(progress) if schedule.shape == "1-sqrt" else 1 - progress
