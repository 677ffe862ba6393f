"""The store and the pool: what is finished counts once, what is not never does, and nothing is lost to a kill."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock

from labgpt import cost, sweep
from labgpt.record import TABLE, RunDir
from labgpt.spec import replace
from labgpt.sweep.pool import Failed

TINY = {"val_tokens": 2048, "warmup_steps": 2, "batch_size": 8}  # 512 tokens a step


def tiny_grid(widths=(8, 16), budgets=(2048, 4096), **changes):
    return sweep.grid(widths, budgets, **TINY | changes)


def csv(table) -> str:
    return table[list(TABLE)].to_csv(index=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    store = tmp_path_factory.mktemp("store")
    return store, sweep.run(tiny_grid(), store, progress=False)


def test_one_row_for_each_run_and_budget(finished):
    _, table = finished
    assert list(table["tokens"]) == [2048, 4096, 2048, 4096]
    assert list(table.columns[: len(TABLE)]) == list(TABLE)
    assert table["bits_per_byte"].isna().all(), "symbols are not bytes"
    assert (table["val_loss"] > table["bayes_loss"]).all()


def test_a_second_sweep_trains_nothing(finished):
    store, table = finished
    before = {p: p.stat().st_mtime_ns for p in store.rglob("*") if p.is_file()}
    assert csv(sweep.run(tiny_grid(), store, progress=False)) == csv(table)
    assert {p: p.stat().st_mtime_ns for p in store.rglob("*") if p.is_file()} == before


def test_the_order_of_the_table_is_the_order_asked_for(finished):
    store, _ = finished
    backwards = sweep.run(tiny_grid((16, 8)), store, progress=False)
    assert list(backwards["d_model"]) == [16, 16, 8, 8]


def test_garbage_in_the_store_is_not_a_result(finished):
    store, table = finished
    (store / "not-a-run").mkdir(exist_ok=True)
    (store / "not-a-run" / "rows.jsonl").write_text("{}")
    (store / "half").mkdir(exist_ok=True)
    (store / "half" / "spec.json").write_text("{")
    states = {r["run_id"]: r["state"] for r in sweep.runs(store)}
    assert "not-a-run" not in states and states["half"] == "unfinished"
    assert sweep.table(store, ["half", "not-a-run"]).empty
    assert csv(sweep.run(tiny_grid(), store, progress=False)) == csv(table)


@pytest.mark.parametrize("damage", ["truncate", "edit", "status"])
def test_a_damaged_run_is_trained_again_to_the_same_rows(tmp_path, finished, damage):
    _, table = finished
    specs = tiny_grid((8,))
    first = sweep.run(specs, tmp_path, progress=False)
    place = RunDir(tmp_path / specs[0].run_id)
    if damage == "truncate":
        place.rows_file.write_bytes(place.rows_file.read_bytes()[:-20])
    elif damage == "edit":
        place.rows_file.write_text(place.rows_file.read_text().replace('"seed": 0', '"seed": 1'))
    else:
        place.status_file.write_text("{half a sta")
    assert place.finished_rows() is None
    assert csv(sweep.run(specs, tmp_path, progress=False)) == csv(first) == csv(table[table["d_model"] == 8])


def test_a_diverging_run_says_so_and_the_others_finish(tmp_path):
    good, bad = tiny_grid((8,))[0], replace(tiny_grid((16,))[0], lr_matrix=1e38, lr_head=1e38, lr_embed=1e38)
    with pytest.raises(Failed, match="loss is nan.*learning rate"):
        sweep.run([bad, good], tmp_path, progress=False)
    assert RunDir(tmp_path / good.run_id).finished_rows() is not None
    assert RunDir(tmp_path / bad.run_id).status()["state"] == "failed"


SCRIPT = """
import sys
from labgpt import cost, sweep
from labgpt.record import TABLE, write_atomic
if __name__ == "__main__":
    store, out = sys.argv[1:]
    specs = sweep.grid((8, 16, 24), (16384, 32768), seeds=2, val_tokens=2048, warmup_steps=2, batch_size=8)
    write_atomic(out, sweep.run(specs, store, progress=False)[list(TABLE)].to_csv(index=False))
"""


def test_several_runs_share_each_gpu(tmp_path, monkeypatch):
    """Workers that only write down which GPU they were given; their sweep then says that they ended."""
    worker = tmp_path / "worker"
    worker.write_text(f"#!/bin/sh\necho $CUDA_VISIBLE_DEVICES >> {tmp_path}/given\nexit 1\n")
    worker.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(worker))
    with pytest.raises(Failed, match="ended with code 1"):
        sweep.run(tiny_grid(widths=(8, 16, 24, 32, 40), device="cuda"), tmp_path / "store", False, gpus=2, per_gpu=2)
    assert sorted((tmp_path / "given").read_text().split()) == ["0", "0", "1", "1"]


def start(tmp_path: Path, store: str, out: str) -> subprocess.Popen:
    script = tmp_path / "job.py"
    script.write_text(SCRIPT)
    root = Path(sweep.__file__).parents[2]
    return subprocess.Popen([sys.executable, str(script), str(tmp_path / store), str(tmp_path / out)],
                            env=os.environ | {"PYTHONPATH": str(root)})


def test_a_run_that_another_sweep_holds_is_waited_for_without_workers(tmp_path, monkeypatch):
    (spec,), started, real = tiny_grid(widths=(8,)), [], subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **how: started.append(args) or real(*args, **how))
    (tmp_path / spec.run_id).mkdir()
    lock = FileLock(RunDir(tmp_path / spec.run_id).claim, thread_local=False)
    lock.acquire()
    threading.Timer(2.0, lock.release).start()
    assert len(sweep.run([spec], tmp_path, progress=False)) == 2
    assert len(started) == 1, "workers that find nothing to do"


def test_two_sweeps_at_once_share_one_store(tmp_path):
    jobs = [start(tmp_path, "store", name) for name in ("a.csv", "b.csv")]
    assert [job.wait(300) for job in jobs] == [0, 0]
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.slow
def test_killed_five_times_and_started_again_gives_the_same_table(tmp_path):
    assert start(tmp_path, "calm", "calm.csv").wait(300) == 0
    rng = random.Random(int.from_bytes(os.urandom(4), "little"))
    for _ in range(5):
        job = start(tmp_path, "killed", "killed.csv")
        time.sleep(rng.uniform(1, 9))
        job.send_signal(signal.SIGKILL)
        job.wait()
    assert start(tmp_path, "killed", "killed.csv").wait(300) == 0
    assert (tmp_path / "calm.csv").read_bytes() == (tmp_path / "killed.csv").read_bytes()
    weights = [json.loads((tmp_path / s / r.name / "status.json").read_text())["weights_sha256"]
               for s in ("calm", "killed") for r in sorted((tmp_path / "calm").iterdir()) if r.is_dir()]
    assert weights[: len(weights) // 2] == weights[len(weights) // 2 :]


def test_a_grid_at_fixed_compute_spends_that_compute():
    specs = sweep.isoflop((16, 32), (1e10, 4e10), seeds=2)
    assert len(specs) == 4 and [s.science.seed for s in specs] == [0, 1, 0, 1]
    for spec in specs:
        for budget, flops in zip(spec.science.schedule.budgets, (1e10, 4e10), strict=True):
            step = cost.training_flops(spec.science.model, spec.science.tokens_per_step)
            assert abs(cost.training_flops(spec.science.model, budget) - flops) <= step / 2


def test_the_plan_names_the_run_that_the_others_would_wait_for():
    even, uneven = (sweep.plan(tiny_grid(widths, (1 << 20,)), gpus=2) for widths in ((16, 16), (16, 128)))
    assert "waiting" not in even and sweep.grid([128], (1 << 20,), **TINY)[0].run_id + " alone" in uneven


def test_a_sweep_that_gets_sigterm_tells_its_workers_and_goes_on_later(tmp_path):
    """What a cluster sends before it takes the machine away."""
    asked = [sys.executable, "-m", "labgpt", "sweep", "run", "--widths", "16", "--budgets", "4194304", "--store", str(tmp_path)]
    job = subprocess.Popen(asked, env=os.environ | {"PYTHONPATH": str(Path(sweep.__file__).parents[2])}, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while not any(run["steps"] > 20 for run in sweep.runs(tmp_path)):
        assert time.monotonic() < end and job.poll() is None
        time.sleep(0.1)
    job.send_signal(signal.SIGTERM)
    assert job.wait(30) == 130 and "give the same command again" in job.stderr.read()
    (place,) = (RunDir(path.parent) for path in tmp_path.glob("*/spec.json"))
    assert place.finished_rows() is None and len(list(place.checkpoints.glob("*.json"))) == 1
