"""A killed rank, and a change of world size half way: the same bits at the end."""

import os
import signal

import pytest

from labgpt import corpus
from labgpt.bench import ranks
from labgpt.record import RunDir
from labgpt.spec import derive, replace
from labgpt.train import checkpoint, run

SPEC = corpus.pin(derive(16, budgets=(65_536, 262_144), val_tokens=2048, reduction="tree"))


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    return run(SPEC, tmp_path_factory.mktemp("calm"))


@pytest.mark.slow
def test_stopped_at_four_and_resumed_at_two_is_the_same_run(calm, tmp_path):
    four, two = replace(SPEC, world_size=4), replace(SPEC, world_size=2)
    old, process = RunDir(tmp_path / four.run_id), ranks.torchrun(four, tmp_path, restarts=0)
    ranks.wait_for(lambda: ranks.newest(old) > 0, process, ranks.time.monotonic() + 120)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    place = RunDir(tmp_path / two.run_id)
    steps = checkpoint.adopt(old, place, two)
    assert 0 < steps < 128 and old.finished_rows() is None
    assert ranks.torchrun(two, tmp_path).wait(120) == 0
    assert place.status()["weights_sha256"] == calm.status()["weights_sha256"]
    assert [r["val_loss"] for r in place.finished_rows()] == [r["val_loss"] for r in calm.finished_rows()]
    assert {r["run_id"] for r in place.finished_rows()} == {two.run_id}


@pytest.mark.slow
def test_killed_ranks_change_nothing():
    found = ranks.kill_ranks(kills=2)
    assert found["same_weights"] == 2 and found["recovery_s"] > 0


def test_another_science_is_not_adopted(calm, tmp_path):
    other = replace(SPEC, seed=1)
    with pytest.raises(ValueError, match="adopt = .*same science"):
        checkpoint.adopt(calm, RunDir(tmp_path / other.run_id), other)
    with pytest.raises(ValueError, match="no good checkpoint"):  # a finished run has none
        checkpoint.adopt(calm, RunDir(tmp_path / SPEC.run_id), SPEC)


def test_a_run_goes_on_from_an_adopted_checkpoint(calm, tmp_path):
    """In one process: what is adopted is where it stood, and the end is the same bits."""
    from labgpt.parallel import Group
    from labgpt.train.loop import Trainer

    old = RunDir(tmp_path / "old")
    old.path.mkdir()
    old.spec.write_text(SPEC.to_json())
    with Group(1) as group:
        trainer = Trainer(SPEC, group)
        for _ in trainer.rows(lambda steps: checkpoint.write(old, trainer, []) if steps == 7 else None):
            break
    assert checkpoint.adopt(old, RunDir(tmp_path / SPEC.run_id), SPEC) == 7
    assert run(SPEC, tmp_path).status()["weights_sha256"] == calm.status()["weights_sha256"]


