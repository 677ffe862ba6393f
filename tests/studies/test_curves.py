"""The main job: its plan is what was promised, and the whole of it runs, goes on, and refuses an edited seal."""

import json
from dataclasses import replace as change

import pytest

from labgpt import cost
from labgpt.record import TABLE
from labgpt.spec import replace
from labgpt.studies import curves as study
from labgpt.studies.sentences import sentences
from labgpt.studies.world import WORLD_SIZES


def matmul(spec):
    return cost.parameters(spec.science.model).matmul


def test_the_grid_is_wide_enough_to_fit_a_law():
    job = study.plan(10)
    sizes = [matmul(s) for s in job.text]
    assert len(set(sizes)) >= 6 and max(sizes) >= 30 * min(sizes)
    for spec in job.text + job.known:
        budgets = spec.science.schedule.budgets
        assert len(budgets) >= 5 and budgets[-1] >= 16 * budgets[0]
        assert all(b % spec.science.tokens_per_step == 0 for b in budgets)
    smallest = sorted(set(sizes))[:4]
    assert all(sizes.count(n) >= 2 for n in smallest), "more than one seed on the four smallest"
    assert matmul(job.held_out) > 2 * max(sizes)
    assert job.held_out.execution.world_size == 2
    assert job.held_out.science.schedule.budgets == (job.text[0].science.schedule.budgets[-1],)
    precisions = {s.science.precision for s in (*job.text, *job.known, job.held_out, *job.world.values())}
    assert precisions == {"float32"}, "one precision a grid"


def test_the_plan_is_a_pure_function_of_the_minutes():
    ids = [[s.run_id for s in study.plan(m).text] for m in (10, 10, 20)]
    assert ids[0] == ids[1] != ids[2]


def test_the_world_runs_share_their_science():
    world = study.plan(10).world
    assert len({world[f"{how}-{w}"].spec_id for how in ("tree", "ring") for w in WORLD_SIZES}) == 1
    assert len({spec.run_id for spec in world.values()}) == len(world)


def test_more_minutes_give_more_tokens(tmp_path):
    assert study.budgets(study.TOP_TEXT, 20)[-1] == 2 * study.budgets(study.TOP_TEXT, 10)[-1]
    assert study.plan(20).seconds(tmp_path)[1] > study.plan(10).seconds(tmp_path)[1] > study.plan(10).seconds(tmp_path)[0]


@pytest.fixture(scope="module")
def small_job():
    """The main job with everything small: 512 tokens a step, budgets of 4 to 64 steps."""
    def shrink(spec, budgets):
        rows = 512 // spec.science.model.seq_len
        return replace(spec, batch_size=rows, budgets=budgets, val_tokens=2048, warmup_steps=2)

    job, five = study.plan(10), tuple(512 * 4 * 2**k for k in range(5))
    return change(job, text=[shrink(s, five) for s in job.text[:9]], known=[shrink(s, five) for s in job.known],
                  held_out=shrink(job.held_out, five[-1:]),
                  world={k: replace(s, budgets=(2048 * s.science.batch_size // 32, 4 * 2048 * s.science.batch_size // 32), val_tokens=2048)
                         for k, s in job.world.items()})


@pytest.mark.slow
def test_the_whole_job(small_job, tmp_path):
    out, store = tmp_path / "curves", tmp_path / "store"
    summary = study.curves(out=out, store=store, show=False, job=small_job)
    assert json.loads((out / "summary.json").read_text())["points"] == summary["points"] == 5 * len(small_job.text + small_job.known) + 1
    lines = (out / "runs.csv").read_text().splitlines()
    assert lines[0] == ",".join(TABLE) and len(lines) == 1 + summary["points"]
    assert len({w["weights_sha256"] for w in summary["world"].values()}) == 1, "tree: the same bits for every W"
    assert max(w["ring_max_loss_difference"] for w in summary["world"].values()) < 1e-5
    assert summary["forecast"]["sealed_at"] <= summary["forecast"]["trained_at"]
    assert len(sentences(summary)) >= 6
    page = (out / "report.html").read_text()
    assert page.count("data:image/png;base64,") >= 8 and "http://" not in page and "https://" not in page

    before = (out / "runs.csv").read_bytes()
    stamps = {p: p.stat().st_mtime_ns for p in store.rglob("status.json")}
    study.curves(out=out, store=store, show=False, job=small_job)
    assert (out / "runs.csv").read_bytes() == before
    assert {p: p.stat().st_mtime_ns for p in store.rglob("status.json")} == stamps, "nothing was trained again"

    seal, = out.glob("forecast-*.json")
    honest = seal.read_text()
    seal.write_text(honest.replace('"predicted": ', '"predicted": 1'))
    with pytest.raises(ValueError, match="edited"):
        study.curves(out=out, store=store, show=False, job=small_job)
    seal.unlink()
    with pytest.raises(ValueError, match="would not be one"):
        study.curves(out=out, store=store, show=False, job=small_job)
    assert (out / "runs.csv").read_bytes() == before
