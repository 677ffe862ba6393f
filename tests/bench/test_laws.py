"""What the benchmarks of the laws compute, at a size of seconds; the full counts are `labgpt bench fit` and `bench coverage`."""
from __future__ import annotations

import json
from pathlib import Path

import pytest

from labgpt.bench import laws
from labgpt.cli import main

COMMITTED = Path(__file__).parents[2] / "data" / "reference" / "laws_coverage.json"


def test_quick_refits_are_the_slow_ones(tmp_path):
    assert main(["bench", "fit", "--refits", "240", "--slow", "240", "--json", str(tmp_path / "f.json")]) == 0
    found = json.loads((tmp_path / "f.json").read_text())
    assert found["worst"] <= 0.02 and found["points"] == 240 and found["provenance"]
    assert found["seconds"] < found["slow_seconds"]


@pytest.mark.parametrize("form", laws.FORMS)
def test_a_study_of_each_form(form):
    row = laws.study(form, 0, 20)
    assert "forecast" in row and len(row) >= 2 and all(low <= high for _, low, high, _ in row.values())
    assert row == laws.study(form, 0, 20)


def test_coverage_counts_what_the_ranges_hold():
    found = laws.coverage(studies=3, others=2, bootstrap=20, shown=2)
    rows = [laws.study("chinchilla, rows redrawn", seed, 20)["alpha"] for seed in range(2)]
    held = sum(low <= true <= high for _, low, high, true in rows)
    assert found["forms"]["chinchilla, rows redrawn"]["held"]["alpha"] == pytest.approx(held / 2)
    assert [len(v) for v in found["shown"].values()] == [2, 2] and found["forms"]["kaplan"]["studies"] == 2


def test_what_was_committed_covers():
    """95 % ranges: 91–98 % of 1000 studies; with noise that trunks share, redrawn trunks hold and redrawn rows do not."""
    found = json.loads(COMMITTED.read_text())["forms"]
    assert set(found) == set(laws.FORMS)
    for form in ("chinchilla", "chinchilla, trunks redrawn"):
        held = found[form]["held"]
        assert found[form]["studies"] == 1000 and set(held) == {"E", "alpha", "beta", "forecast"}
        assert all(0.91 <= share <= (0.98 if form == "chinchilla" else 0.99) for share in held.values()), (form, held)
    assert found["chinchilla, rows redrawn"]["held"]["alpha"] < 0.85
