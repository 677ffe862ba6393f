"""Models that no rank holds whole: FSDP2, tensor parallel, both, and a pipeline's stage; activations thrown away or kept.

    fsdp       weights, gradients, moments cut into W shares; a block's weights are gathered while it runs (Zhao et al. 2023)
    tp         each block's matrices cut as in model_by_hand, by heads and by the MLP's channels; embedding and head whole
    fsdp+tp    pairs of ranks share a layer, W / 2 ranks share out what each of a pair holds

Checkpoints in the middle of a run and Muon, which needs whole matrices, are for data parallel alone.
"""

from __future__ import annotations

import functools

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from labgpt.model import GPT
from labgpt.spec import Execution

from .data_parallel import Rows
from .group import Group
from .model_by_hand import ColumnLinear, RowLinear, part

SPLIT = {"qkv": 0, "up": 0, "out": 1, "down": 1}  # a block's matrices and the axis they are cut along


class Sharded:
    """A GPT in shares. Build it before the optimizers: it puts other parameters into the model."""

    def __init__(self, model: GPT, group: Group, execution: Execution):
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        self.model, self.tensor = model, execution.tensor
        self.data = group.world_size // self.tensor
        self.data_rank, self.fsdp = group.rank // self.tensor, "fsdp" in execution.strategy
        mesh = init_device_mesh(execution.device, (self.data, self.tensor), mesh_dim_names=("data", "tensor"))
        self.pair = mesh["tensor"].get_group()
        if self.tensor > 1:
            cut_layers(model, dist.get_rank(self.pair), self.tensor, self.pair)
        if self.fsdp:
            for block in model.blocks:
                fully_shard(block, mesh=mesh["data"])
            fully_shard(model, mesh=mesh["data"])
        # The shares themselves: after an evaluation the model still shows the gathered tables in their place.
        self.named = list(model.named_parameters())

    def backward(self, rows: Rows, batch_size: int) -> Tensor:
        """Leave the rank's share of the mean gradient in .grad; returns the mean loss of the rows that this rank saw."""
        share = batch_size // self.data
        for _, p in self.named:
            p.grad = None
        loss = self.model(*rows(self.data_rank * share, (self.data_rank + 1) * share))
        loss.backward()
        return loss.detach()

    def clip(self, limit: float) -> None:
        """As torch's clip_grad_norm_, over all ranks: a share that several ranks hold counts once."""
        square = torch.zeros((), dtype=torch.float64)
        for name, p in self.named:
            holders = (1 if self.fsdp else self.data) * (1 if is_cut(name) else self.tensor)
            square += local(p.grad).double().square().sum().cpu() / holders
        dist.all_reduce(square)
        for _, p in self.named:
            local(p.grad).mul_(min(1.0, limit / (float(square.sqrt()) + 1e-6)))

    def whole(self) -> dict[str, Tensor]:
        """The state_dict of the model in one piece, on every rank. A collective: every rank has to call it."""
        found = {}
        for name, t in self.named:
            t = t.full_tensor() if hasattr(t, "full_tensor") else t
            if self.tensor > 1 and is_cut(name):
                parts = [torch.empty_like(t) for _ in range(self.tensor)]
                dist.all_gather(parts, t.contiguous(), group=self.pair)
                kind = name.split(".")[-2]
                # A rank's rows of qkv are its queries', its keys', its values'.
                parts = [p.chunk(3)[i] for i in range(3) for p in parts] if kind == "qkv" else parts
                t = torch.cat(parts, dim=SPLIT[kind])
            found[name] = t.detach().clone()
        return found


def is_cut(name: str) -> bool:
    return name.startswith("blocks.") and name.split(".")[-2] in SPLIT


def local(t: Tensor) -> Tensor:
    return t.to_local() if hasattr(t, "to_local") else t


def cut_layers(model: GPT, rank: int, ranks: int, group=None) -> None:
    """Leave in each block the rank's heads and the rank's share of the MLP."""
    for block in model.blocks:
        q, k, v = (part(m, rank, ranks) for m in block.qkv.weight.chunk(3))
        block.qkv = ColumnLinear(nn.Parameter(torch.cat([q, k, v]).detach()), group)
        block.up = ColumnLinear(part(block.up.weight, rank, ranks), group)
        block.out = RowLinear(part(block.out.weight, rank, ranks, 1), group)
        block.down = RowLinear(part(block.down.weight, rank, ranks, 1), group)


class Stage(nn.Module):
    """One of `stages` equal parts of a GPT: ids (B, T) into the first, the stream (B, T, C) into the others and out of all.

    What belongs to other stages is taken off the model. The last one's loss: `stage.model.read_out(x, targets)`.
    """

    def __init__(self, model: GPT, number: int, stages: int):
        super().__init__()
        each = len(model.blocks) // stages
        self.model, self.first = model, number == 0
        model.blocks = model.blocks[number * each : (number + 1) * each]
        model.embed = model.embed if self.first else None
        model.head = model.head if number == stages - 1 else None

    def forward(self, x: Tensor) -> Tensor:
        x = self.model.read_in(x) if self.first else x
        for block in self.model.blocks:
            x = block(x, self.model.turn[: x.size(1)])
        return x


def recompute(model: GPT) -> None:
    """Keep a block's input alone; its backward pass runs it forward once more (Chen et al. 2016, arXiv:1604.06174)."""
    for block in model.blocks:
        block.forward = functools.partial(checkpoint, block.forward, use_reentrant=False)
