"""The training loop: one trunk, a cooled branch at every budget, a row for each.

    trunk   ──────┬────────┬──────────────── …      constant learning rate
    branches      └─ row   └──── row                the last 20 % of each budget, cooling to zero

A branch sees the very batches the trunk would have seen, then the trunk goes on from where the branch left it. So every
budget is a proper run of its own length, for about 60 % of the price.
"""

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from labgpt import cost
from labgpt.model import GPT
from labgpt.parallel import Group, local, replicas
from labgpt.parallel.data_parallel import total_loss
from labgpt.record import Row
from labgpt.spec import RunSpec
from labgpt.tokens import TokenSet, prepare

from .optim import SHARE_FROM, optimizers, rate, shares

EVAL_ROWS, EVAL_TOKENS = 64, 8192  # at most, in one evaluation batch: the same for all, so that the loss does not depend on who evaluates
LOOK_EVERY = 64  # steps between looks at the loss: each look waits for the device


class Diverged(RuntimeError):
    """The run stopped because its loss was no longer a number."""


def plan(spec: RunSpec) -> list[tuple[int, int, int]]:
    """[(start, fork, end)] in steps: for each budget, where the trunk goes on from, where the branch leaves, where it ends."""
    start, stages = 0, []
    for budget in spec.science.schedule.budgets:
        end = budget // spec.science.tokens_per_step
        fork = end - max(1, round(end * spec.science.schedule.cooldown)) if spec.science.schedule.cooldown else end
        fork = max(fork, start)
        stages.append((start, fork, end))
        start = fork
    return stages


def planned_tokens(spec: RunSpec) -> int:
    """Tokens trained in all, trunk and branches: what a run costs, against Σ budgets for separate runs."""
    return sum(end - start for start, _, end in plan(spec)) * spec.science.tokens_per_step


@dataclass
class Position:
    """Where a run stands: which stage of the plan, the next step in it, steps done in all, and seconds so far.

    losses: of the branch's steps (of the last step where there is no cooldown). kept: the trunk, as it was at the fork.
    """

    stage: int = 0
    step: int = 0
    done: int = 0
    trunk_s: float = 0.0
    branch_s: float = 0.0
    losses: list[Tensor] = field(default_factory=list)
    kept: dict[str, Tensor] | None = None


class Trainer:
    """A model, its optimisers and its data; `rows()` trains from `at` on and yields a Row at every budget."""

    def __init__(self, spec: RunSpec, group: Group):
        self.spec, self.group, self.at = spec, group, Position()
        science = spec.science
        self.data: TokenSet = prepare(science)
        self.model = GPT(science.model, science.seed).to(spec.execution.device)
        self.diloco = spec.execution.strategy == "diloco"
        self.share()
        if spec.execution.compile:
            self.model.compile_parts(science.precision == "bfloat16")
        torch.manual_seed(science.seed)  # dropout draws from torch's own stream

    def share(self) -> None:
        """Optimisers over the whole model, then the model as the strategy has it, then each optimiser over this rank's parameters."""
        how, science, muon = self.spec.execution, self.spec.science, self.spec.science.optim.name == "muon"
        alike = how.reduction == "ring" and self.group.world_size > 1 and how.strategy not in ("zero1", "diloco") and how.stages == 1
        ranks = self.group if alike and science.model.d_model >= SHARE_FROM else None  # all turn the same matrices: they share the work
        self.optimizers = optimizers(self.model, science.optim, science.precision == "bfloat16", ranks)
        names = {p: name for name, p in self.model.named_parameters()}
        self.order = [[names[p] for some in o.param_groups for p in some["params"]] for o in self.optimizers]
        owned = shares([tuple(p.shape) for p in self.model.matrices], how.world_size) if muon and how.strategy == "zero1" else []
        owner = {names[self.model.matrices[i]]: rank for rank, some in enumerate(owned) for i in some}
        self.replicas = replicas(self.model, self.group, how, owner)
        self.named = self.replicas.mine if how.sharded else {name: p for p, name in names.items()}
        for some in (some for o in self.optimizers for some in o.param_groups):
            some["params"] = [self.named[names[p]] for p in some["params"] if names[p] in self.named]
        if muon and how.sharded and (how.fsdp or how.tensor > 1):
            self.optimizers[-1].parts = self.replicas

    def rows(self, tick: Callable[[int], None] = lambda step: None) -> Iterator[Row]:
        """Train; `tick(steps done)` is called after every step. Yields one Row a budget, in order."""
        stages = plan(self.spec)
        for _, fork, end in stages[self.at.stage :]:
            at, last = self.at, self.at.stage == len(stages) - 1
            while at.step < end:
                clock = time.perf_counter()
                if at.step == fork and not last:
                    at.kept = self.snapshot("kept.")
                loss = self.loss = self.step(at.step, fork, end)
                if at.step >= fork or at.step == end - 1:
                    at.losses.append(loss)
                branch = at.step >= fork
                at.step, at.done = at.step + 1, at.done + 1
                if at.done % LOOK_EVERY == 0 and not math.isfinite(loss):
                    raise Diverged(self.diverged(float(loss), at.step))
                at.trunk_s += 0.0 if branch else time.perf_counter() - clock
                at.branch_s += time.perf_counter() - clock if branch else 0.0
                tick(at.done)
            yield self.row(end, float(torch.stack(at.losses).mean()), at.trunk_s + at.branch_s)
            if at.kept is not None:
                self.restore(at.kept, "kept.")
            self.at = Position(at.stage + 1, fork, at.done, at.trunk_s)

    def weights(self) -> dict[str, Tensor]:
        """The model's state_dict, in one piece. Every rank has to call it."""
        if not self.spec.execution.sharded:
            return self.model.state_dict()
        here = {name: local(p) for name, p in self.named.items()}
        return {name: self.replicas.together([name], [here.get(name)])[0] for name in self.replicas.shapes}

    def batch(self, step: int) -> Callable[[int, int], tuple[Tensor, Tensor]]:
        return lambda start, stop: self.tensors(self.data.batch(step, self.spec.science.batch_size, start, stop))

    def tensors(self, rows) -> tuple[Tensor, Tensor]:
        both = torch.from_numpy(rows.astype("int64"))  # (B, T+1)
        if self.spec.execution.device == "cuda":
            both = both.pin_memory().to("cuda", non_blocking=True)
        return both[:, :-1].contiguous(), both[:, 1:].contiguous()

    def step(self, step: int, fork: int, end: int) -> Tensor:
        """One optimiser step on the global batch; returns the loss without waiting for it."""
        science = self.spec.science
        share = rate(science.schedule, step, fork, end)
        with torch.autocast(self.spec.execution.device, torch.bfloat16, enabled=science.precision == "bfloat16"):
            loss = self.replicas.backward(self.batch(step), science.batch_size)
        if self.spec.execution.sharded:
            self.replicas.clip(science.optim.clip)
        else:
            torch.nn.utils.clip_grad_norm_(self.named.values(), science.optim.clip, foreach=True)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["peak_lr"] * share
            optimizer.step()
        if self.diloco:
            self.replicas.settle(step + 1, step + 1 == end)
        elif self.spec.execution.strategy == "zero1" and self.spec.execution.sharded:
            self.replicas.settle()
        return loss

    @torch.inference_mode()
    def evaluate(self) -> float:
        """Mean loss over all validation rows, nats a token; the ranks take its batches in turn, a sharded model's all together."""
        rank, ranks = (0, 1) if self.spec.execution.sharded else (self.group.rank, self.group.world_size)
        size = max(1, min(EVAL_ROWS, EVAL_TOKENS // self.spec.science.model.seq_len))
        batches = [self.data.val_rows[i : i + size] for i in range(0, len(self.data.val_rows), size)]
        turns, loss = math.ceil(len(batches) / ranks), self.replicas.loss if self.spec.execution.sharded else self.model
        losses, weights = torch.zeros(turns), torch.zeros(turns)
        # Not compiled: for other shapes that would begin again, and take longer than it saves.
        with torch.compiler.set_stance("force_eager") if self.spec.execution.compile else contextlib.nullcontext():
            for turn, rows in enumerate(batches[rank::ranks]):
                losses[turn], weights[turn] = loss(*self.tensors(rows)), len(rows)
        return total_loss(self.group, losses, weights)

    def row(self, step: int, train_loss: float, seconds: float) -> Row:
        spec, model = self.spec, self.spec.science.model
        val_loss = self.evaluate()
        if not math.isfinite(val_loss) or not math.isfinite(train_loss):
            raise Diverged(self.diverged(val_loss, step))
        n, tokens = cost.parameters(model), step * spec.science.tokens_per_step
        per_byte = self.data.bytes_per_token
        return Row(
            run_id=spec.run_id, spec_id=spec.spec_id, corpus=spec.science.data.corpus, seed=spec.science.seed, branch=spec.branch,
            n_total=n.total, n_nonemb=n.nonembedding, n_matmul=n.matmul, tokens=tokens, flops=cost.training_flops(model, tokens),
            val_loss=val_loss, bits_per_byte=None if per_byte is None else val_loss / math.log(2) / per_byte,
            bayes_loss=self.data.bayes_loss, train_loss=train_loss, seconds=seconds, d_model=model.d_model, n_layer=model.n_layer,
            batch_size=spec.science.batch_size, world_size=spec.execution.world_size, reduction=spec.execution.reduction,
        )  # fmt: skip

    def diverged(self, loss: float, step: int) -> str:
        return f"loss is {loss} at step {step} (d_model {self.spec.science.model.d_model}); try a learning rate half as large"

    def snapshot(self, prefix: str) -> dict[str, Tensor]:
        """Copies of everything of this rank's that a step changes, by name: weights, optimisers' states, the random stream."""
        found = {f"model.{name}": p for name, p in self.named.items()} | {"random": torch.get_rng_state()}
        if self.diloco:
            found |= self.replicas.state()
        if self.spec.execution.device == "cuda":
            found["random_cuda"] = torch.cuda.get_rng_state()
        for i, (optimizer, order) in enumerate(zip(self.optimizers, self.order, strict=True)):
            for place, name in enumerate(order):
                found |= {f"optimizer.{i}.{place}.{key}": t for key, t in optimizer.state.get(self.named.get(name), {}).items()}
        return {prefix + name: local(t.detach()).clone() for name, t in found.items()}

    @torch.no_grad()
    def restore(self, kept: dict[str, Tensor], prefix: str) -> None:
        """Back to a snapshot of this rank's, bit for bit."""
        kept = {name.removeprefix(prefix): t for name, t in kept.items() if name.startswith(prefix)}
        torch.set_rng_state(kept.pop("random").cpu())
        if self.diloco:
            self.replicas.load({name: kept.pop(name) for name in list(kept) if name.startswith("outer.")})
        if "random_cuda" in kept:
            torch.cuda.set_rng_state(kept.pop("random_cuda").cpu())
        for optimizer in self.optimizers:
            optimizer.state.clear()
        for key, t in kept.items():
            p = self.named.get(self.belongs(key))
            if p is None:
                continue  # another rank's
            if key.startswith("model."):
                local(p).copy_(t)
                continue
            _, i, _, what = key.split(".")
            self.optimizers[int(i)].state[p][what] = new = torch.zeros_like(p) if t.ndim else t.to(p.device, copy=True)
            local(new).copy_(t)
        if self.spec.execution.sharded:
            self.replicas.settle()

    def belongs(self, key: str) -> str:
        """The parameter's name that a snapshot's tensor is of: "model.NAME", or its place among an optimiser's, "optimizer.0.7.step"."""
        kind, rest = key.split(".", 1)
        return rest if kind == "model" else self.order[int(rest.split(".")[0])][int(rest.split(".")[1])]
