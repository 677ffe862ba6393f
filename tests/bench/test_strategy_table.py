"""The committed table of `labgpt bench strategies`: every strategy is in it, and none is another training."""

import json
from pathlib import Path

import pytest

from labgpt.bench import strategies
from labgpt.spec import derive
from labgpt.spec.run import ALIKE

TABLE = Path(__file__).parents[2] / "data/reference/strategies.json"


def test_the_table_has_every_strategy_and_no_loss_is_off_by_more_than_1e_5():
    found = json.loads(TABLE.read_text())
    tried = {(r["strategy"], r["world_size"]) for r in found["same"] if r["optimizer"] == "muon"}
    assert tried == {(s, w) for s in ALIKE for w in (1, 2, 4)} - {("fsdp+tp", 1)}
    handed = {(r["strategy"], r["resumed_at"]) for r in found["resumed"] if r["saved_at"] == 4}
    assert handed == {(s, w) for s in ALIKE[1:] for w in (1, 2, 3)} - {("fsdp+tp", 1), ("fsdp+tp", 3)}
    assert max(r["apart"] for r in found["same"] + found["resumed"]) < 1e-5
    assert len(found["tree"]) == 4 and len(set(found["tree"].values())) == 1


@pytest.mark.slow
def test_a_row_of_it_again(tmp_path):
    from labgpt import corpus

    long = corpus.pin(derive(24, **strategies.SHAPE | {"batch_size": 8, "budgets": (8 * 64 * 300,)}))
    alone = strategies.train(long, tmp_path)
    old, steps = strategies.stopped(strategies.under(long, "zero1", 2), tmp_path)
    assert 0 < steps < 300 and old.finished_rows() is None
    assert strategies.apart(strategies.resume(old, strategies.under(long, "1f1b", 2), tmp_path), alone) < 1e-5
