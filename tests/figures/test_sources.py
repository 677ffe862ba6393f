"""Lesson 06's figures: what they draw is what the table says, with units, caption and alt text; wrong input is told."""

import numpy as np
import pandas as pd
import pytest

from labgpt.figures import sources

RULES = [
    {"step": "unicode", "rule": "mended", "documents": 0, "changed": 12, "bytes": 100, "example": ""},
    {"step": "near", "rule": "Jaccard index of 0.8 or more", "documents": 7, "changed": 0, "bytes": 900, "example": ""},
]
RUNS = pd.DataFrame(
    {"n_matmul": [7000, 7000, 90000, 90000], "share": [0.5, 0.52, 0.9, 0.92], "share_half": [0.5, 0.53, 0.98, 0.99],
     "share_greedy": [0.5, 0.6, 1, 1]}
)  # fmt: skip


@pytest.fixture(scope="module")
def made():
    live = RUNS.iloc[[2]]
    return {
        "removed": sources.removed(RULES, 4000),
        "association": sources.association(RUNS, 0.9, live),
    }


@pytest.mark.parametrize("name", ["removed", "association"])
def test_units_caption_alt_and_letters_at_700_pixels(made, readable, name):
    readable(made[name])


def test_bars_and_lines_are_the_table_s(made):
    assert [bar.get_width() for bar in made["removed"].axes[0].patches] == pytest.approx([2.5, 22.5])
    assert "Together 25 %" in made["removed"].labgpt_caption and "most by “Jaccard" in made["removed"].labgpt_caption
    lines = made["association"].axes[0].lines
    assert np.asarray(lines[0].get_ydata()) == pytest.approx([50, 52, 90, 92]) and lines[4].get_ydata()[0] == pytest.approx(90)
    assert "(2 of 4)" in made["association"].labgpt_caption


def test_wrong_input_is_told():
    with pytest.raises(ValueError, match="allowed is one rule or more"):
        sources.removed([], 100)
    with pytest.raises(ValueError, match="no column 'share'"):
        sources.association(RUNS.drop(columns="share"), 0.9)
