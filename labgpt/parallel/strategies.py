"""Runs in which no rank holds everything. A strategy is a rule: which part of each tensor a rank has (`Sharded.part`).

    zero1        weights and gradients whole; moments by rows, a W-th each, Muon's matrices whole (Rajbhandari et al. 2020)
    fsdp         weights, gradients, moments by rows; a block's weights are gathered while it runs (Zhao et al. 2023)
    tp           each block's matrices cut as in model_by_hand, by heads and by the MLP's channels; embedding and head whole
    fsdp+tp      pairs of ranks share a layer, W / 2 ranks share out what each of a pair holds
    gpipe, 1f1b  a stage of consecutive blocks each, under torch's schedule of that name

The same rule puts the parts together again: for checkpoints, which hold whole tensors and so fit any strategy and any W, and for
Muon, which turns whole matrices.
"""

import contextlib
import functools
import math
from collections.abc import Iterator

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from labgpt.model import GPT
from labgpt.spec import Execution

from .data_parallel import Rows, passes
from .group import Group, local
from .model_by_hand import ColumnLinear, RowLinear, part

SPLIT = {"qkv": 0, "up": 0, "out": 1, "down": 1}  # a block's matrices and the axis they are cut along


class Sharded:
    """A GPT in shares. `mine`: {name in the whole model: this rank's parameter}; the optimizers are to have these."""

    def __init__(self, model: GPT, group: Group, execution: Execution, owner: dict[str, int]):
        self.model, self.group, self.how, self.owner = model, group, execution, dict(owner)
        self.shapes = {name: p.shape for name, p in model.named_parameters()}
        self.data_rank, rank, w = group.rank // execution.tensor, group.rank, group.world_size
        if execution.stages > 1:
            last, number = w - 1, {i: stage for stage, some in enumerate(stages(len(model.blocks), w)) for i in some}
            ends = {"embed": 0, "position": 0, "norm": last, "head": last}
            self.owner = {n: number[int(n.split(".")[1])] if n.startswith("blocks.") else ends[n.split(".")[0]] for n in self.shapes}
            self.stage, self.last, self.schedule = Stage(model, rank, w), last, None
        if execution.tensor > 1 or execution.fsdp:
            self.shard()
        self.mine = dict(model.named_parameters())
        if execution.strategy == "zero1":
            self.whole = self.mine  # every rank's own parts are views of these, in the order of `sizes`
            self.sizes = [[self.part(name, p, r).numel() for name, p in self.whole.items()] for r in range(w)]
            self.mine = {name: nn.Parameter(own) for name, p in self.whole.items() if (own := self.part(name, p.detach(), rank)).numel()}
        self.names = {p: name for name, p in self.mine.items()}

    def shard(self) -> None:
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        how = self.how
        mesh = init_device_mesh(how.device, (how.data, how.tensor), mesh_dim_names=("data", "tensor"))
        if how.tensor > 1:
            pair = mesh["tensor"].get_group()
            cut_layers(self.model, dist.get_rank(pair), how.tensor, pair)
        if how.fsdp:
            for block in self.model.blocks:
                fully_shard(block, mesh=mesh["data"])
            fully_shard(self.model, mesh=mesh["data"])

    def part(self, name: str, whole: Tensor, rank: int) -> Tensor:
        """What `rank` has of the whole tensor that belongs to a parameter: empty where that is nothing."""
        if name in self.owner:
            return whole if rank == self.owner[name] else whole[:0]
        data, tensor = divmod(rank, self.how.tensor)
        if self.how.tensor > 1 and is_cut(name):
            kind, ways = name.split(".")[-2], self.how.tensor
            cut = [m.chunk(ways, SPLIT[kind])[tensor] for m in whole.chunk(3 if kind == "qkv" else 1)]
            whole = torch.cat(cut)  # a rank's rows of qkv are its queries', its keys', its values'
        if self.how.tensor < self.how.world_size:
            rows = whole.chunk(self.how.data)  # fewer than ranks, where there are few rows
            whole = rows[data] if data < len(rows) else whole[:0]
        return whole

    def speaks(self, name: str) -> bool:
        """Whether this rank's part counts: of those that hold the same, one does."""
        return self.group.rank % self.how.tensor == 0 or is_cut(name)

    @torch.no_grad()
    def together(self, names: list[str], parts: list[Tensor | None]) -> list[Tensor]:
        """Whole tensors from every rank's parts (None: has none), on every rank, in one message. A collective."""
        flat = torch.zeros(sum(math.prod(self.shapes[name]) for name in names), device=self.group.device)
        wholes = [t.view(self.shapes[name]) for name, t in zip(names, flat.split([math.prod(self.shapes[n]) for n in names]))]
        for name, own, whole in zip(names, parts, wholes, strict=True):
            if own is not None and self.speaks(name):
                place = torch.arange(whole.numel(), device=flat.device).view(whole.shape)
                whole.view(-1)[self.part(name, place, self.group.rank).reshape(-1)] = own.reshape(-1)
        dist.all_reduce(flat)
        return wholes

    def number(self, name: str, mine: Tensor | None) -> Tensor:
        """A number that all holders of a parameter's parts have, on every rank. A collective."""
        rank = self.owner.get(name, 0)
        found = mine.to(self.group.device).clone() if self.group.rank == rank else torch.zeros((), device=self.group.device)
        dist.broadcast(found, rank)
        return found

    def backward(self, rows: Rows, batch_size: int) -> Tensor:
        """Leave the rank's share of the mean gradient in .grad; returns the mean loss of the rows that this rank saw."""
        how, share = self.how, batch_size // self.how.data
        for p in self.mine.values():  # not the model's: after an evaluation FSDP still shows the gathered tables in their place
            p.grad = None
        if how.stages > 1:
            return self.pipe(*rows(0, batch_size))
        hold = self.unsent if how.fsdp else contextlib.nullcontext
        loss = passes(self.model, rows, self.data_rank * share, share, how.microbatches, hold)
        if how.strategy == "zero1":
            self.share_out()
        return loss

    @contextlib.contextmanager
    def unsent(self) -> Iterator[None]:
        """FSDP adds gradients up and sends nothing."""
        self.model.set_requires_gradient_sync(False)
        yield
        self.model.set_requires_gradient_sync(True)

    def share_out(self) -> None:
        """ZeRO-1, between backward and step: each rank gets the mean gradient of its own parts."""
        rows = [torch.cat([self.part(name, p.grad, rank).reshape(-1) for name, p in self.whole.items()]) for rank in range(len(self.sizes))]
        for p in self.whole.values():
            p.grad = None
        for rank, row in enumerate(rows):
            dist.reduce(row, rank)
        own = rows[self.group.rank] / len(rows)
        for name, gradient in zip(self.whole, own.split(self.sizes[self.group.rank]), strict=True):
            if name in self.mine:
                self.mine[name].grad = gradient.view_as(self.mine[name])

    @torch.no_grad()
    def settle(self) -> None:
        """After parts have changed: ZeRO-1 sends the new weights, FSDP drops what it had gathered."""
        if self.how.fsdp:
            self.model.reshard()
        if self.how.strategy == "zero1":
            for rank, sizes in enumerate(self.sizes):
                mine = rank == self.group.rank
                row = torch.cat([p.reshape(-1) for p in self.mine.values()]) if mine else torch.empty(sum(sizes), device=self.group.device)
                dist.broadcast(row, rank)
                for (name, p), new in zip(self.whole.items(), row.split(sizes), strict=True):
                    room = self.part(name, p.detach(), rank)
                    room.copy_(new.view_as(room))

    def pipe(self, ids: Tensor, targets: Tensor) -> Tensor:
        """A step's batch through the stages; the last one's loss, on every rank."""
        if self.schedule is None:
            self.schedule = self.timetable(ids)
        first, last, losses = self.stage.first, self.group.rank == self.last, []
        self.schedule.step(*([ids] if first else []), **({"target": targets, "losses": losses} if last else {}))
        return self.from_last(torch.stack(losses).mean().detach() if last else None)

    def timetable(self, ids: Tensor):
        """torch's schedule. It is told the shapes, or the stages would send each other pickles to find out."""
        from torch.distributed import pipelining

        rows, device = len(ids) // self.how.microbatches, torch.device(self.group.device)
        stream = torch.empty(rows, ids.size(1), self.model.config.d_model, device="meta", requires_grad=True)
        given = torch.empty_like(ids[:rows], device="meta") if self.stage.first else stream
        stage = pipelining.PipelineStage(self.stage, self.group.rank, self.last + 1, device, (given,), (stream,))
        make = {"gpipe": pipelining.ScheduleGPipe, "1f1b": pipelining.Schedule1F1B}[self.how.strategy]
        return make(stage, self.how.microbatches, loss_fn=self.model.read_out)

    def loss(self, ids: Tensor, targets: Tensor) -> Tensor:
        """Mean loss, nats a token, on every rank; all call it with the same rows."""
        if self.how.stages == 1:
            return self.model(ids, targets)
        if not self.stage.first:
            before = torch.empty(*ids.shape, self.model.config.d_model, device=self.group.device)
            dist.recv(before, self.group.rank - 1)
        x = self.stage(ids if self.stage.first else before)
        if self.group.rank < self.last:
            dist.send(x.contiguous(), self.group.rank + 1)
        return self.from_last(self.model.read_out(x, targets) if self.group.rank == self.last else None)

    def from_last(self, loss: Tensor | None) -> Tensor:
        loss = torch.zeros((), device=self.group.device) if loss is None else loss.float()
        dist.broadcast(loss, self.last)
        return loss

    def clip(self, limit: float) -> None:
        """As torch's clip_grad_norm_, over all ranks."""
        square = torch.zeros((), dtype=torch.float64, device=self.group.device)
        for name, p in self.mine.items():
            if self.speaks(name):
                square += local(p.grad).double().square().sum()
        dist.all_reduce(square)
        scale = min(1.0, limit / (float(square.sqrt()) + 1e-6))
        for p in self.mine.values():
            local(p.grad).mul_(scale)


def is_cut(name: str) -> bool:
    return name.startswith("blocks.") and name.split(".")[-2] in SPLIT


def cut_layers(model: GPT, rank: int, ranks: int, group=None) -> None:
    """Leave in each block the rank's heads and the rank's share of the MLP."""
    for block in model.blocks:
        q, k, v = (part(m, rank, ranks) for m in block.qkv.weight.chunk(3))
        block.qkv = ColumnLinear(nn.Parameter(torch.cat([q, k, v]).detach()), group)
        block.up = ColumnLinear(part(block.up.weight, rank, ranks), group)
        block.out = RowLinear(part(block.out.weight, rank, ranks, 1), group)
        block.down = RowLinear(part(block.down.weight, rank, ranks, 1), group)


def stages(n_layer: int, ways: int) -> list[list[int]]:
    """Which blocks each stage has: as many, or the first ones one more."""
    return [some.tolist() for some in torch.arange(n_layer).tensor_split(ways)]


class Stage(nn.Module):
    """One of `ways` parts of a GPT: ids (B, T) into the first, the stream (B, T, C) into the others and out of all.

    What belongs to other stages is taken off the model. The last one's loss: `stage.model.read_out(x, targets)`.
    """

    def __init__(self, model: GPT, number: int, ways: int):
        super().__init__()
        self.model, self.first, last = model, number == 0, number == ways - 1
        model.blocks = nn.ModuleDict({str(i): model.blocks[i] for i in stages(len(model.blocks), ways)[number]})  # names stay
        model.head, model.norm = (model.head, model.norm) if last else (None, None)
        if not self.first:
            model.embed = model.position = None

    def forward(self, x: Tensor) -> Tensor:
        turn = self.model.turn[: x.size(1)] if self.model.config.position == "rotary" else None
        x = self.model.read_in(x) if self.first else x
        for block in self.model.blocks.values():
            x = block(x, turn)
        return x


def recompute(model: GPT) -> None:
    """Keep a block's input alone; its backward pass runs it forward once more (Chen et al. 2016, arXiv:1604.06174)."""
    for block in model.blocks:
        block.forward = functools.partial(checkpoint, block.forward, use_reentrant=False)
