"""The law of the loop: every budget's branch is a proper run of its own, and a run is a function of its spec."""

import shutil

import pytest
import torch

from labgpt import corpus
from labgpt.model import GPT
from labgpt.parallel import Group
from labgpt.record import RunDir
from labgpt.spec import derive, replace
from labgpt.train import load_model, run
from labgpt.train.loop import Trainer, plan, planned_tokens
from labgpt.train.optim import rate

TINY = {"val_tokens": 2048, "warmup_steps": 2, "batch_size": 8}  # 512 tokens a step


def losses(budgets, **changes):
    with Group(1) as group:
        return [(r.tokens, r.val_loss) for r in Trainer(derive(16, budgets=budgets, **TINY | changes), group).rows()]


@pytest.mark.parametrize("optimiser", ["muon", "adamw"])
def test_a_branch_is_bitwise_the_run_of_that_budget_alone(optimiser):
    together = losses((4096, 8192, 16384), name=optimiser)
    assert together == [losses((b,), name=optimiser)[0] for b in (4096, 8192, 16384)]


def test_how_often_one_evaluates_changes_nothing():
    assert losses((2048, 4096, 8192))[-1] == losses((8192,))[-1]


def test_seeds_differ_and_repeat():
    assert losses((4096,), seed=1) == losses((4096,), seed=1) != losses((4096,), seed=2)


def test_training_learns():
    (_, early), (_, late) = losses((2048, 32768))
    assert late < early < 6.3  # ln 512 = 6.24 is the untrained loss


def test_the_plan_shares_the_trunk():
    spec = derive(16, budgets=(4096, 8192, 16384), **TINY)
    assert plan(spec) == [(0, 6, 8), (6, 13, 16), (13, 26, 32)]
    assert planned_tokens(spec) == (8 + 10 + 19) * 512 < 4096 + 8192 + 16384


def test_no_cooldown_is_the_trunk_itself():
    spec = derive(16, budgets=(4096, 8192), cooldown=0.0, **TINY)
    assert planned_tokens(spec) == 8192
    assert losses((4096,), cooldown=0.0) != losses((4096,))


def test_the_rate_warms_up_holds_and_cools_to_zero():
    schedule = derive(16, warmup_steps=10).science.schedule
    shares = [rate(schedule, step, 80, 100) for step in range(100)]
    assert shares[:10] == [pytest.approx((i + 1) / 10) for i in range(10)]
    assert set(shares[10:80]) == {1.0}
    assert all(a > b for a, b in zip(shares[79:], shares[80:])) and 0 < shares[-1] < 0.05


def test_a_run_leaves_a_model_that_gives_its_loss_again(tmp_path):
    spec = derive(16, budgets=(4096,), **TINY)
    place = run(spec, tmp_path)
    model, read = load_model(place.path)
    with Group(1) as group:
        again = Trainer(read, group)
        again.model.load_state_dict(model.state_dict())
        assert again.evaluate() == place.finished_rows()[-1]["val_loss"]


def test_foreign_weights_are_refused(tmp_path):
    place = run(derive(16, budgets=(2048,), **TINY), tmp_path)
    place.weights.write_bytes(place.weights.read_bytes()[:-4] + b"\0\0\1\0")
    with pytest.raises(ValueError, match="not the file its status vouches for"):
        load_model(place.path)


def test_divergence_is_in_the_record(tmp_path):
    spec = replace(derive(16, budgets=(4096,), **TINY), lr_matrix=1e38, lr_head=1e38, lr_embed=1e38)
    with pytest.raises(RuntimeError, match="learning rate"):
        run(spec, tmp_path)
    place = RunDir(next(p.parent for p in tmp_path.glob("*/status.json")))
    assert place.status()["state"] == "failed" and "loss is" in place.status()["reason"]
    assert place.finished_rows() is None


def test_no_model_beats_the_entropy():
    with Group(1) as group:
        *_, row = Trainer(derive(32, budgets=(131072,), val_tokens=8192), group).rows()
    assert row.bayes_loss < row.val_loss < 3.0


@pytest.mark.skipif(not (shutil.which("g++") or shutil.which("clang++")), reason="no C++ compiler, which torch.compile needs on a CPU")
def test_compiled_parts_train_to_the_same_losses(tmp_path):
    """torch.compile changes the order of some sums, nothing else; its weights carry the same names."""
    plain = derive(16, budgets=(16_384,), val_tokens=2048)
    rows = [run(replace(plain, compile=c), tmp_path).finished_rows() for c in (False, True)]
    assert rows[0][0]["val_loss"] == pytest.approx(rows[1][0]["val_loss"], abs=1e-4)
    model, spec = load_model(tmp_path / corpus.pin(replace(plain, compile=True)).run_id)
    assert spec.execution.compile and set(model.state_dict()) == set(GPT(spec.science.model).state_dict())


def test_a_gpu_is_asked_for_in_vain(tmp_path):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ValueError, match="device = 'cuda': .*; try device=cpu"):
        run(derive(16, budgets=(16_384,), device="cuda"), tmp_path)


def test_a_wide_model_is_compiled_on_a_gpu_unless_told_otherwise():
    assert derive(256, device="cuda").execution.compile and not derive(256).execution.compile
    assert not derive(256, device="cuda", compile=False).execution.compile and not derive(128, device="cuda").execution.compile
