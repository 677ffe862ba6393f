"""A sweep killed with its workers goes on to the same table."""

from __future__ import annotations

import pytest

from labgpt.bench import sweep


def test_a_study_has_as_many_runs_as_asked_for_all_different():
    specs = sweep.study(7)
    assert len({spec.run_id for spec in specs}) == 7
    assert {spec.science.model.d_model for spec in specs} == set(sweep.WIDTHS)


@pytest.mark.slow
def test_a_killed_sweep_ends_as_the_calm_one():
    found = sweep.sweep(runs=4, kills=2)
    assert found["kills"] >= 1 and found["same_table"] and found["utilisation"] > 0
