"""Ranks that meet each H-th step: what they agree on, what they send, and that H = 1 without outer momentum is averaging."""

import pytest
import torch

from labgpt import corpus, sweep
from labgpt.model import GPT
from labgpt.parallel import by_hand, ranks
from labgpt.parallel.diloco import DiLoCo
from labgpt.spec import Execution, RunSpec, derive
from labgpt.tokens import prepare
from labgpt.train import run

PLAIN = {"local_steps": 1, "outer_lr": 1.0, "outer_momentum": 0.0}
TINY = {"val_tokens": 2048, "warmup_steps": 2}


class Threads:
    """A Group whose ranks are threads; counts how often they meet."""

    def __init__(self, line):
        self.line, self.rank, self.world_size, self.meetings = line, line.rank, line.world_size, 0

    def average(self, mine):
        self.meetings += 1
        by_hand.all_reduce(mine, self.line)
        return mine / self.world_size


@pytest.fixture(scope="module")
def data():
    return prepare(ranks.science())


def train(data, world_size: int = 2, steps: int = 4, **how):
    """[(weights after each step (steps, n), meetings)] of each rank, SGD inside."""
    execution = Execution(world_size=world_size, strategy="diloco", **how)

    def one(line):
        group, model = Threads(line), GPT(ranks.science().model, 0)
        form, found = DiLoCo(model, group, execution), []
        inner = torch.optim.SGD(model.parameters(), lr=0.5)
        for step in range(steps):
            form.backward(lambda start, stop, step=step: ranks.tensors(data.batch(step, ranks.ROWS, start, stop)), ranks.ROWS)
            inner.step()
            form.settle(step + 1, step + 1 == steps)
            found.append(form.flat())
        return torch.stack(found), group.meetings

    return by_hand.in_threads(world_size, one)


def test_meeting_each_step_without_momentum_is_averaging(data):
    """With SGD inside, the mean of the ranks' weights is one process's step on the whole batch."""
    alone = train(data, 1, **PLAIN)[0][0]
    for weights, meetings in train(data, 3, **PLAIN):
        assert meetings == 4 and (weights - alone).abs().max() < 1e-6


@pytest.mark.parametrize("change", [{"outer_lr": 0.7}, {"outer_momentum": 0.9}, {"local_steps": 2}])
def test_any_other_outer_step_is_another_run(data, change):
    assert (train(data, 2, **PLAIN | change)[0][0][-1] - train(data, 1, **PLAIN)[0][0][-1]).abs().max() > 1e-4


def test_ranks_drift_apart_and_meet_again(data):
    (a, meetings), (b, _) = train(data, 2, 7, local_steps=3)
    assert meetings == 3  # after steps 3, 6, and the last
    assert [torch.equal(x, y) for x, y in zip(a, b)] == [False, False, True, False, False, True, True]


def test_the_outer_step_is_nesterov_s_on_the_mean_move(data):
    """By hand: v = 0.9 v + g, weights = anchor - 0.7 (g + 0.9 v), g the mean of anchor - weights."""
    free = [weights for weights, _ in train(data, 2, 3, local_steps=3, outer_lr=1.0, outer_momentum=0.0)]
    start = torch.cat([p.detach().reshape(-1) for p in GPT(ranks.science().model, 0).parameters()])
    move = start - free[0][-1]  # met with rate 1: the mean of where the ranks were
    (weights, _), _ = train(data, 2, 3, local_steps=3)
    torch.testing.assert_close(weights[-1], start - 0.7 * 1.9 * move, rtol=1e-5, atol=1e-6)


def test_one_process_that_meets_itself_each_step_is_a_plain_run(tmp_path):
    specs = [derive(16, budgets=(4096, 8192), **TINY), derive(16, budgets=(4096, 8192), strategy="diloco", **TINY, **PLAIN)]
    plain, met = ([row["val_loss"] for row in run(spec, tmp_path).finished_rows()] for spec in specs)
    assert specs[0].run_id != specs[1].run_id and met == pytest.approx(plain, abs=1e-5)


def test_the_trunk_goes_on_as_if_no_branch_had_left_it(tmp_path):
    """The anchor and the outer momentum are put back with the rest."""
    how = {"strategy": "diloco", "local_steps": 2, **TINY}
    both, later = (run(derive(16, budgets=budgets, **how), tmp_path).finished_rows() for budgets in ((20_480, 40_960), (40_960,)))
    assert both[-1]["val_loss"] == later[-1]["val_loss"] != both[0]["val_loss"]


def test_under_torchrun_it_sends_an_h_th_and_learns_something_else(tmp_path):
    specs = [corpus.pin(derive(16, budgets=(32_768,), world_size=2, val_tokens=2048, **how)) for how in ({}, {"strategy": "diloco"})]
    ddp, rare = (sweep.launch(spec, tmp_path) for spec in specs)
    sent = [place.status()["loopback_bytes_per_step"] for place in (ddp, rare)]
    assert sent[1] < sent[0] / 4, sent  # 16 steps, 1 meeting; what starts the group is counted too
    losses = [place.finished_rows()[-1]["val_loss"] for place in (ddp, rare)]
    assert losses[1] < 6.0 and abs(losses[0] - losses[1]) > 1e-3


@pytest.mark.parametrize(("change", "said"), [
    ({"local_steps": 0}, "local_steps"), ({"outer_lr": 0.0}, "outer_lr = 0.0"), ({"outer_momentum": 1.0}, "outer_momentum"),
    ({"reduction": "tree"}, "strategy"),
])  # fmt: skip
def test_what_does_not_go_together_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        derive(16, **{"world_size": 2, "strategy": "diloco"} | change)


def test_runs_recorded_before_keep_their_names():
    assert RunSpec().run_id == RunSpec(execution=Execution(local_steps=16, outer_lr=0.7)).run_id
