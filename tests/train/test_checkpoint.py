"""A run that was stopped ends as the run that was not: the same bits, wherever it was stopped and whatever became of its files."""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch

from labgpt import corpus, machine
from labgpt.bench import torture
from labgpt.parallel import Group
from labgpt.record import RunDir, write_atomic
from labgpt.spec import derive
from labgpt.train import checkpoint, run
from labgpt.train.loop import Trainer

TINY = {"val_tokens": 2048, "warmup_steps": 2, "batch_size": 8}  # 512 tokens a step
BUDGETS = (4096, 8192, 16384)  # stages: 0-6-8, 6-13-16, 13-26-32


class Halt(Exception):
    """Stands for the power cut."""


def spec(**changes):
    return corpus.pin(derive(16, budgets=BUDGETS, **TINY | changes))


def result(place):
    rows = [{k: v for k, v in row.items() if k != "seconds"} for row in place.finished_rows()]
    return rows, place.status()["weights_sha256"]


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    return {name: result(run(spec(name=name), tmp_path_factory.mktemp(name))) for name in ("muon", "adamw")}


def stopped_at(monkeypatch, place_spec, store, step):
    """Train with a checkpoint after every step, and pull the plug after `step`."""
    write, seen = checkpoint.write, []

    def write_then_halt(place, trainer, rows):
        path = write(place, trainer, rows)
        seen.append(trainer.at.done)
        if trainer.at.done == step:
            raise Halt
        return path

    monkeypatch.setattr(checkpoint, "write", write_then_halt)
    with pytest.raises(Halt):
        run(place_spec, store, checkpoint_every_s=0.0)
    monkeypatch.undo()
    assert seen == list(range(1, step + 1))


@pytest.mark.parametrize("optimiser", ["muon", "adamw"])
@pytest.mark.parametrize("step", [1, 6, 7, 8, 9, 17, 20, 36, 37])
def test_a_stopped_run_goes_on_to_the_same_bits(monkeypatch, tmp_path, calm, optimiser, step):
    """In the trunk, at a fork, inside a branch, at its end, after it: 8 + 10 + 19 = 37 steps in all."""
    stopped_at(monkeypatch, spec(name=optimiser), tmp_path, step)
    place = run(spec(name=optimiser), tmp_path)
    assert result(place) == calm[optimiser]
    assert not place.checkpoints.exists() and place.status()["notes"] == []


def test_dropout_draws_go_on_where_they_were(monkeypatch, tmp_path):
    changes = {"dropout": 0.2, "norm": "layer", "init": "gpt2"}
    stopped_at(monkeypatch, spec(**changes), tmp_path / "a", 11)
    assert result(run(spec(**changes), tmp_path / "a")) == result(run(spec(**changes), tmp_path / "b"))


def test_the_last_two_are_kept(tmp_path):
    place = RunDir(tmp_path)
    with Group(1) as group:
        trainer = Trainer(spec(), group)
        next(trainer.rows(lambda steps: checkpoint.write(place, trainer, [])))
    assert sorted(p.name for p in place.checkpoints.iterdir()) == [
        f"{done:08d}.{kind}" for done in (7, 8) for kind in ("json", "safetensors")
    ]


def test_no_spoilt_checkpoint_is_taken_and_the_one_before_it_is(tmp_path):
    assert torture.spoil(spec(), tmp_path, 36, random.Random(0)) == (0, 0)


def test_the_spoilt_one_is_named_in_the_record_and_the_result_is_the_same(monkeypatch, tmp_path, calm, capsys):
    stopped_at(monkeypatch, spec(), tmp_path, 12)
    place = RunDir(tmp_path / spec().run_id)
    for path in sorted(place.checkpoints.glob("*.safetensors"))[-1:]:
        path.write_bytes(path.read_bytes()[:-1])
    run(spec(), tmp_path)
    assert result(place) == calm["muon"]
    assert place.status()["notes"] == ["checkpoint 00000012 is not used: its tensors are not what was written"]
    assert "00000012 is not used" in capsys.readouterr().err


def test_another_run_s_checkpoint_is_named(monkeypatch, tmp_path):
    stopped_at(monkeypatch, spec(), tmp_path, 9)
    mine, other = RunDir(tmp_path / spec().run_id), RunDir(tmp_path / "other")
    (other.path).mkdir()
    mine.checkpoints.rename(other.checkpoints)
    with Group(1) as group:
        trainer = Trainer(spec(seed=5), group)
        rows, notes = checkpoint.resume(other, trainer)
    assert rows == [] and trainer.at.done == 0 and all("belongs to run" in note for note in notes)


@pytest.mark.parametrize("sign, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_leaves_a_checkpoint_and_says_how_to_go_on(tmp_path, sign, code):
    long = corpus.pin(derive(16, budgets=(1 << 22,), **TINY))
    place = RunDir(tmp_path / long.run_id)
    write_atomic(place.spec, long.to_json())
    command = [sys.executable, "-m", "labgpt.train", str(place.spec), "--store", str(tmp_path)]
    process = subprocess.Popen(command, env=machine.worker_env(), stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not place.status().get("steps"):
        time.sleep(0.05)
    process.send_signal(sign)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code and "the same command goes on from there" in said and "Traceback" not in said
    assert len(list(place.checkpoints.glob("*.json"))) == 1


def test_a_full_disk_stops_the_run_with_its_reason(monkeypatch, tmp_path):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "write", full)
    with pytest.raises(OSError, match="No space left"):
        run(spec(), tmp_path, checkpoint_every_s=0.0)
    monkeypatch.undo()
    place = RunDir(tmp_path / spec().run_id)
    assert place.status()["state"] == "failed" and "No space left" in place.status()["reason"]
    assert run(spec(), tmp_path).finished_rows() is not None


def test_a_loss_that_is_no_number_is_not_kept(tmp_path):
    bad = spec(lr_matrix=1e38, lr_head=1e38, lr_embed=1e38)
    with pytest.raises(RuntimeError, match="learning rate"):
        run(bad, tmp_path, checkpoint_every_s=0.0)
    for path in (tmp_path / bad.run_id / "checkpoints").glob("*.json"):
        _, tensors = checkpoint.read(path, bad.run_id)
        assert all(torch.isfinite(t).all() for name, t in tensors.items() if name.startswith("losses"))


@pytest.mark.slow
@pytest.mark.parametrize("reduction", ["ring", "tree"])
def test_two_ranks_go_on_together(tmp_path, reduction):
    from labgpt import sweep

    two = corpus.pin(derive(16, budgets=(65_536, 131_072), val_tokens=2048, world_size=2, reduction=reduction))
    whole = result(sweep.launch(two, tmp_path / "calm"))
    place = RunDir(tmp_path / "cut" / two.run_id)
    write_atomic(place.spec, two.to_json())
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m", "labgpt.train",
               str(place.spec), "--store", str(tmp_path / "cut"), "--checkpoint-every", "0.05"]  # fmt: skip
    process = subprocess.Popen(command, env=machine.worker_env(), stderr=subprocess.DEVNULL, start_new_session=True)
    while process.poll() is None and not list(place.checkpoints.glob("*.json")):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert place.finished_rows() is None and json.loads(place.status_file.read_text())["state"] == "running"
    assert result(sweep.launch(two, tmp_path / "cut")) == whole
