"""The training loop: one trunk, a cooled branch at every budget, a row for each.

    trunk   ──────┬────────┬──────────────── …      constant learning rate
    branches      └─ row   └──── row                the last 20 % of each budget, cooling to zero

A branch sees the very batches the trunk would have seen, then the trunk goes on from where the branch left it. So every
budget is a proper run of its own length, for about 60 % of the price.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from labgpt import cost
from labgpt.model import GPT
from labgpt.parallel import Group, replicas
from labgpt.parallel.data_parallel import total_loss
from labgpt.record import Row
from labgpt.spec import RunSpec
from labgpt.tokens import TokenSet, prepare

from .optim import optimizers, rate

EVAL_ROWS = 64  # sequences in one evaluation batch: constant, so that the loss does not depend on who evaluates


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


class Trainer:
    """A model, its optimisers and its data; `rows()` trains and yields a Row at every budget."""

    def __init__(self, spec: RunSpec, group: Group):
        self.spec, self.group = spec, group
        science = spec.science
        self.data: TokenSet = prepare(science)
        self.model = GPT(science.model, science.seed).to(spec.execution.device)
        self.optimizers = optimizers(self.model, science.optim)
        self.replicas = replicas(self.model, group, spec.execution)
        self.parameters = list(self.model.parameters())

    def rows(self, tick: Callable[[int], None] = lambda step: None) -> Iterator[Row]:
        """Train; `tick(steps done)` is called after every step. Yields one Row a budget, in order."""
        stages = plan(self.spec)
        done, trunk_s = 0, 0.0
        for number, (start, fork, end) in enumerate(stages):
            clock = time.perf_counter()
            for step in range(start, fork):
                loss = self.step(step, fork, end)
                tick(done := done + 1)
            trunk_s += time.perf_counter() - clock
            kept = None if number == len(stages) - 1 else self.snapshot()
            clock, losses = time.perf_counter(), []
            for step in range(fork, end):
                losses.append(loss := self.step(step, fork, end))
                tick(done := done + 1)
            train_loss = float(torch.stack(losses).mean()) if losses else float(loss)
            seconds = trunk_s + time.perf_counter() - clock
            yield self.row(end, train_loss, seconds)
            if kept is not None:
                self.restore(kept)

    def batch(self, step: int) -> Callable[[int, int], tuple[Tensor, Tensor]]:
        def rows(start: int, stop: int) -> tuple[Tensor, Tensor]:
            return self.tensors(self.data.batch(step, self.spec.science.batch_size, start, stop))

        return rows

    def tensors(self, rows) -> tuple[Tensor, Tensor]:
        both = torch.from_numpy(rows.astype("int64")).to(self.spec.execution.device, non_blocking=True)  # (B, T+1)
        return both[:, :-1].contiguous(), both[:, 1:].contiguous()

    def step(self, step: int, fork: int, end: int) -> Tensor:
        """One optimiser step on the global batch; returns the loss without waiting for it."""
        science = self.spec.science
        share = rate(science.schedule, step, fork, end)
        with torch.autocast(self.spec.execution.device, torch.bfloat16, enabled=science.precision == "bfloat16"):
            loss = self.replicas.backward(self.batch(step), science.batch_size)
        torch.nn.utils.clip_grad_norm_(self.parameters, science.optim.clip, foreach=True)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["peak_lr"] * share
            optimizer.step()
        return loss

    @torch.inference_mode()
    def evaluate(self) -> float:
        """Mean loss over all validation rows, nats a token; the ranks take its batches in turn."""
        batches = [self.data.val_rows[i : i + EVAL_ROWS] for i in range(0, len(self.data.val_rows), EVAL_ROWS)]
        turns = math.ceil(len(batches) / self.group.world_size)
        losses, weights = torch.zeros(turns), torch.zeros(turns)
        for turn, rows in enumerate(batches[self.group.rank :: self.group.world_size]):
            losses[turn], weights[turn] = self.model(*self.tensors(rows)), len(rows)
        return total_loss(self.group, losses, weights)

    def row(self, step: int, train_loss: float, seconds: float) -> Row:
        spec, model = self.spec, self.spec.science.model
        val_loss = self.evaluate()
        if not math.isfinite(val_loss) or not math.isfinite(train_loss):
            raise Diverged(
                f"loss is {val_loss} at step {step} (d_model {model.d_model}); try a learning rate half as large"
            )
        n, tokens = cost.parameters(model), step * spec.science.tokens_per_step
        per_byte = self.data.bytes_per_token
        return Row(
            run_id=spec.run_id,
            spec_id=spec.spec_id,
            corpus=spec.science.data.corpus,
            seed=spec.science.seed,
            branch=spec.branch,
            n_total=n.total,
            n_nonemb=n.nonembedding,
            n_matmul=n.matmul,
            tokens=tokens,
            flops=cost.training_flops(model, tokens),
            val_loss=val_loss,
            bits_per_byte=None if per_byte is None else val_loss / math.log(2) / per_byte,
            bayes_loss=self.data.bayes_loss,
            train_loss=train_loss,
            seconds=seconds,
            d_model=model.d_model,
            n_layer=model.n_layer,
            batch_size=spec.science.batch_size,
            world_size=spec.execution.world_size,
            reduction=spec.execution.reduction,
        )

    def snapshot(self) -> tuple[dict, list[dict]]:
        return copy.deepcopy(self.model.state_dict()), [copy.deepcopy(o.state_dict()) for o in self.optimizers]

    def restore(self, kept: tuple[dict, list[dict]]) -> None:
        self.model.load_state_dict(kept[0])
        for optimizer, state in zip(self.optimizers, kept[1], strict=True):
            optimizer.load_state_dict(state)
