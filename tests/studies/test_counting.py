"""Counting, warm-up, decay: the way to an exponent is right where the truth is known, and what is committed is what the runs give."""

import json

import numpy as np
import pandas as pd
import pytest

from labgpt import cost
from labgpt.laws import Chinchilla
from labgpt.spec import derive
from labgpt.studies import counting, reference

RUNS = reference.path("08_counting")
written = pytest.mark.skipif(not RUNS.exists(), reason="no reference runs yet")


def made(law, n="n_matmul", seeds=2, noise=0.0):
    """The study's cells with losses of a law in the N of column n."""
    rng, rows = np.random.default_rng(0), []
    for width in counting.WIDTHS:
        model = derive(width).science.model
        p, per_token = cost.parameters(model), cost.flops(model).train
        for seed in range(seeds):
            for C in counting.budgets(width):
                row = {"n_matmul": p.matmul, "n_nonemb": p.nonembedding, "tokens": C / per_token, "flops": C, "branch": f"{width}-{seed}"}
                rows.append(row | {"val_loss": law.predict(row[n], row["tokens"]) * np.exp(noise * rng.standard_normal())})
    return pd.DataFrame(rows)


def test_where_a_law_is_true_its_exponent_is_found_and_another_count_moves_it():
    law = Chinchilla.of(E=1.0, A=60.0, B=300.0, alpha=0.4, beta=0.4)  # N_opt ~ C^.5 where C = 6 N D
    told = {count: counting.ranged(made(law, counting.COUNTS[count][0]), count, 20) for count in counting.COUNTS}
    assert told["blocks alone"]["parabola"] == pytest.approx(0.5, abs=0.08)
    assert told["all"]["law"] == pytest.approx(0.5, abs=0.005) and told["all"]["parabola"] == pytest.approx(0.5, abs=0.08)
    moved = counting.ranged(made(law), "blocks alone", 5)
    assert moved["parabola"] > told["all"]["parabola"] + 0.1, "N without the head grows faster than N with it"


def test_ranges_are_as_wide_as_the_noise():
    law = Chinchilla.of(E=1.0, A=60.0, B=300.0, alpha=0.4, beta=0.4)
    widths = [np.ptp(counting.ranged(made(law, noise=noise), "all", 40)["parabola_range"]) for noise in (0.0005, 0.004)]
    assert widths[1] > 1.5 * widths[0] > 0


def test_budgets_are_whole_and_no_token_is_read_twice():
    for group, specs in counting.study(2).items():
        assert len({s.run_id for s in specs}) == len(specs) and len(specs) == len(counting.WIDTHS) * (1 if "rates" in group else 2)
        assert all(s.science.schedule.budgets[-1] <= counting.TOKENS[1] for s in specs)


@written
def test_every_recipe_has_the_same_cells_and_the_committed_exponents_are_theirs():
    table, told = counting.table(), json.loads(RUNS.with_name("08_counting_exponents.json").read_text())
    recipes = table[table["group"].isin(told["recipes"])].groupby("group")
    cells = [set(zip(rows["d_model"], rows["tokens"], rows["seed"])) for _, rows in recipes]
    assert len(cells) == 3 and cells[0] == cells[1] == cells[2] and len(cells[0]) == 38 * 3
    for group, counts in told["recipes"].items():
        rows = table[table["group"] == group]
        for count, kept in counts.items():
            for method, value in counting.exponents(rows, count).items():
                assert value == pytest.approx(kept[method], rel=1e-3)
                assert kept[f"{method}_range"][0] < kept[f"{method}_range"][1]
    assert set(table[table["group"].str.startswith("rates")]["seed"]) == {0} and set(told["rates"]) == {"0.5", "1", "2"}
