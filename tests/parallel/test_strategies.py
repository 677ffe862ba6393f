"""`execution.strategy`: the same training whatever is cut, and one checkpoint that fits all of them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from labgpt.parallel.strategies import stages
from labgpt.spec import derive
from labgpt.spec.run import ALIKE

SHARDED = ALIKE[1:]
BRANCHES = {"budgets": [4, 8, 16], "changes": {"cooldown": 0.25}}  # stages 0-3-4, 3-6-8, 6-12-16: steps 4 … 15 of 15 in all


def started(jobs: list[dict], place: Path) -> list[dict]:
    (place / "jobs.json").write_text(json.dumps(jobs))
    command = [sys.executable, str(Path(__file__).with_name("strategy_ranks.py")), str(place)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((place / "found.json").read_text())


def job(ranks: int, strategy: str = "ddp", **changes) -> dict:
    return {"ranks": ranks, "changes": {"strategy": strategy} | changes}


def apart(a: dict, b: dict) -> float:
    return max(abs(x - y) for x, y in zip(a["losses"], b["losses"], strict=True))


def same(found: dict, alone: dict, what: str) -> None:
    print(f"{what}: losses differ by at most {apart(found, alone):.1e}")
    assert len(alone["losses"]) > 2 and apart(found, alone) < 1e-5, what
    mine, whole = load_file(found["weights"]), load_file(alone["weights"])
    assert mine.keys() == whole.keys(), what
    assert all((mine[k] - whole[k]).norm() < 1e-3 * whole[k].norm() for k in whole), what


@pytest.mark.parametrize("ranks", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_twenty_steps_are_one_process_s_within_1e_5(tmp_path, ranks):
    """With Muon, whose other parameters are AdamW's; each strategy alone on one process is the run itself."""
    more = [job(ranks, "ddp", microbatches=3), job(ranks, "fsdp", microbatches=3, recompute=True)]
    jobs = [job(1), job(1, recompute=True), *(job(ranks, way) for way in SHARDED), *more]
    alone, again, *found = started(jobs, tmp_path)
    assert again["losses"] == alone["losses"]  # recomputed: the same bits
    for one, how in zip(found, jobs[2:], strict=True):
        same(one, alone, f"W = {ranks}, {how['changes']}")


@pytest.mark.slow
@pytest.mark.parametrize("ranks", [1, 2, 4])
@pytest.mark.parametrize("kind", [
    {"name": "adamw"}, {"norm": "layer", "position": "learned", "weight_decay": 0.1},
    {"d_model": 96},  # from here on fsdp's and tp's ranks share Muon's work
    {"precision": "bfloat16", "cooldown": 0.25},  # cooled: at the full rate the 20th step may fork, .02 apart from 2e-4
], ids=lambda kind: next(iter(kind)))  # fmt: skip
def test_so_are_they_with_adamw_another_block_or_width_and_nearly_in_bfloat16(tmp_path, ranks, kind):
    ways = [way for way in SHARDED if way != "fsdp+tp" or ranks > 1]
    alone, *found = started([job(1, **kind), *(job(ranks, way, **kind) for way in ways)], tmp_path)
    for one, way in zip(found, ways, strict=True):
        if "precision" in kind:
            assert apart(one, alone) < 0.005, way  # tp rounds each part of a sum
        else:
            same(one, alone, f"W = {ranks}, {way}, {kind}")


def stopped(ranks: int, strategy: str, **more) -> dict:
    return {"ranks": ranks, "budgets": BRANCHES["budgets"], "changes": BRANCHES["changes"] | {"strategy": strategy}} | more


def test_a_run_handed_from_strategy_to_strategy_ends_as_one_that_was_never_stopped(tmp_path):
    """In the trunk, at a fork, in a branch: SIGTERM leaves a checkpoint, and another strategy or one process goes on from it."""
    ways = ["zero1", "fsdp", "1f1b", "tp", "ddp"]
    chain = [stopped(2, way, stop=2 * i + 1, **({"after": i} if i else {})) for i, way in enumerate(ways)]
    alone, *found, last = started([stopped(1, "ddp"), *chain, stopped(1, "ddp", after=len(ways))], tmp_path)
    assert [one["code"] for one in found] == [143] * len(ways) and not any(one["losses"] for one in found)
    same(last, alone, " -> ".join(ways))


@pytest.mark.slow
@pytest.mark.parametrize("way", SHARDED)
def test_saved_on_four_ranks_it_goes_on_on_two_three_or_one(tmp_path, way):
    others = [2, 1] if way == "fsdp+tp" else [2, 3, 1]
    jobs = [stopped(1, "ddp"), stopped(4, way, stop=7), *(stopped(w, way if w > 1 else "ddp", after=1) for w in others)]
    alone, cut, *found = started(jobs, tmp_path)
    assert cut["code"] == 143
    for w, one in zip(others, found, strict=True):
        same(one, alone, f"{way}: 4 -> {w}")


def test_stages_take_blocks_in_order_the_first_ones_one_more():
    assert stages(4, 4) == [[0], [1], [2], [3]] and stages(4, 3) == [[0, 1], [2], [3]] and stages(5, 2) == [[0, 1, 2], [3, 4]]


@pytest.mark.parametrize(("change", "said"), [
    ({"strategy": "magic"}, "ddp, zero1, fsdp, tp, fsdp\\+tp, gpipe, 1f1b, diloco"),
    ({"strategy": "fsdp", "reduction": "tree"}, "strategy"), ({"strategy": "tp", "n_head": 1}, "n_head"),
    ({"strategy": "fsdp+tp", "world_size": 1}, "even number"), ({"strategy": "tp", "n_head": 2, "bias": True}, "bias"),
    ({"strategy": "1f1b"}, "microbatches = 1: allowed is at least world_size = 2"),
    ({"strategy": "gpipe", "microbatches": 2, "tied": True}, "two ends"),
    ({"strategy": "gpipe", "microbatches": 2, "n_layer": 1}, "a block a stage"),
    ({"strategy": "gpipe", "microbatches": 2, "dropout": 0.1}, "stream of its own"),
    ({"reduction": "tree", "microbatches": 2}, "microshards"),
    ({"microbatches": 5}, "microbatches × slices = 10: allowed is a divisor of batch_size = 32"),
])  # fmt: skip
def test_what_does_not_go_together_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        derive(32, **{"world_size": 2} | change)
