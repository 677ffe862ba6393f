"""The ladder: what was sealed follows from the committed table, and what was scored from the seals."""

import json
from itertools import product

import numpy as np
import pandas as pd
import pytest

from labgpt import cost
from labgpt.laws import Chinchilla, forecast
from labgpt.record import TABLE, sha256
from labgpt.spec import RunSpec
from labgpt.studies import ladder

SEALED = {path.stem: forecast.read(path) for path in ladder.SEALS.glob("*x.json")}  # an edited one raises
TABLE_ROWS = pd.concat(pd.read_csv(ladder.SEALS.with_name(f"{table}.csv")) for table in ("08_ladder", "08_ladder_gpu"))
SCORES = json.loads(ladder.SCORES.read_text())["scores"]


@pytest.mark.parametrize("stem", SEALED)
def test_a_seal_is_what_the_law_of_its_own_rows_says(stem):
    sealed, name = SEALED[stem], stem.rsplit("-", 1)[0]
    climb = ladder.CLIMBS[name]
    rows = ladder.rows_of(TABLE_ROWS, name)
    assert sha256(rows[list(TABLE)].to_csv(index=False)) == sealed["data_sha256"]
    assert rows["flops"].max() < 1.02 * climb.top, "a fit's run is dearer than the climb allows"
    law, floor = ladder.fitted(ladder.keep(rows, (sealed["fewest_tokens"], sealed["largest_sizes"])), climb.known)
    assert law.params == pytest.approx(sealed["params"], rel=1e-4)
    assert floor + law.predict(sealed["n_matmul"], sealed["tokens"]) == pytest.approx(sealed["predicted"], rel=1e-6)
    assert sealed["low"] < sealed["predicted"] < sealed["high"]


@pytest.mark.parametrize("climb", ["tales", "pysource-again", "packages", "packages-wider"])
def test_the_rule_is_the_one_that_known_runs_choose(climb):
    """Of the first climbs the rule was the least error's, however few rows it kept."""
    some = ladder.CLIMBS[climb]
    tried = {rule: ladder.backtest(TABLE_ROWS, climb, rule) for rule in product(some.fewest, some.sizes)}
    rules = {(s["fewest_tokens"], s["largest_sizes"]) for s in SEALED.values() if s.get("climb") == climb}
    assert rules == {ladder.best(tried, ladder.rows_of(TABLE_ROWS, climb))}


@pytest.mark.parametrize("stem", SCORES)
def test_a_score_is_its_seal_s(stem):
    score, sealed = SCORES[stem], SEALED[stem]
    again = forecast.score(ladder.SEALS / f"{stem}.json", score["measured"])
    assert {key: score[key] for key in again} == again
    assert sealed["flops"] == pytest.approx(sealed["rung"] * ladder.CLIMBS[stem.rsplit("-", 1)[0]].top, rel=0.02)
    if "bayes_loss" in score:
        assert score["excess_error"] == pytest.approx((score["predicted"] - score["measured"]) / (score["measured"] - score["bayes_loss"]))


@pytest.mark.parametrize("names", [(), ("packages", "package")])
@pytest.mark.parametrize("verb", [ladder.seal, ladder.score])
def test_no_climb_or_an_unknown_one_is_refused_before_anything_is_trained(tmp_path, verb, names):
    before = ladder.SCORES.read_bytes()
    with pytest.raises(ValueError, match="climb = .*allowed is one of .*packages-wider"):
        verb(str(tmp_path), *names)
    assert not list(tmp_path.iterdir()) and ladder.SCORES.read_bytes() == before


def test_told_the_floor_a_law_finds_the_rest():
    truth = Chinchilla.of(A=300.0, B=900.0, alpha=0.8, beta=0.7)
    n, d = (grid.ravel() for grid in np.meshgrid(np.geomspace(1e4, 1e6, 6), np.geomspace(1e5, 1e7, 6)))
    rows = pd.DataFrame({"n_matmul": n, "tokens": d, "val_loss": 1.9 + truth.predict(n, d), "bayes_loss": 1.9, "branch": n.astype(int)})
    law, floor = ladder.fitted(rows, known=True, bootstrap=0)
    assert floor == 1.9 and law.names == ("A", "B", "alpha", "beta")
    assert law.params == pytest.approx(truth.params, rel=1e-6)


def test_a_target_costs_its_rung_and_reads_no_token_twice():
    law = Chinchilla.of(A=300.0, B=900.0, alpha=0.8, beta=0.7)  # so steep in D that it would ask for more than there is
    spec = ladder.target(law, ladder.CLIMBS["zipf-markov"], 3)
    assert isinstance(spec, RunSpec)
    (tokens,) = spec.science.schedule.budgets
    assert cost.training_flops(spec.science.model, tokens) == pytest.approx(4.5e12, rel=0.02)
    assert tokens < 8_519_680


def test_of_rules_as_good_the_one_with_the_most_rows_is_kept():
    rows = TABLE_ROWS[TABLE_ROWS["group"] == "pysource"]
    assert ladder.best({(100_000, 6): 0.0108, (400_000, 4): 0.0100, (200_000, 6): 0.02}, rows) == (100_000, 6)
    assert ladder.best({(100_000, 6): 0.0200, (400_000, 4): 0.0100, (200_000, 6): np.inf}, rows) == (400_000, 4)
