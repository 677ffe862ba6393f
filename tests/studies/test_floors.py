"""Nothing is below the Bayes loss; and how often a range of E holds the truth is what was committed."""

import json

import numpy as np
import pandas as pd
import pytest

from labgpt.laws import Chinchilla
from labgpt.spec import derive
from labgpt.studies import floors, reference
from labgpt.train import run

RUNS = reference.path("08_floors")
written = pytest.mark.skipif(not RUNS.exists(), reason="no reference runs yet")


@pytest.mark.parametrize("name", ["zipf-markov", "tales:millions=1", "zipf-facts", "hashed-ngram"])
def test_a_trained_model_stays_above_the_bayes_loss_of_its_own_validation_tokens(name, tmp_path):
    place = run(derive(16, name, (98_304,), val_tokens=16_384), tmp_path)
    row = place.finished_rows()[-1]
    excess, error = floors.margin(place.path)
    assert excess == pytest.approx(row["val_loss"] - row["bayes_loss"], abs=1e-5), "the same tokens, one by one"
    assert excess > -3 * error and 0 < error < 0.02


def truth(seed, within=0.0004):
    rng, law = np.random.default_rng(seed), Chinchilla.of(1.9, 40, 200, 0.45, 0.45)
    n, d = (g.ravel() for g in np.meshgrid([1e4, 1.5e4, 2e4, 3e4, 4e4, 6e4], floors.BUDGETS))
    noise = np.tile(within * rng.standard_normal(6), 4) + within / 2 * rng.standard_normal(24)
    return pd.DataFrame({"seed": seed, "branch": np.tile(np.arange(6), 4), "n_matmul": n, "tokens": d, "bayes_loss": 1.9,
                         "val_loss": law.predict(n, d) * np.exp(noise)})


def test_where_the_form_is_true_most_ranges_hold_the_floor_and_where_it_is_not_they_do_not():
    good = pd.concat([truth(seed) for seed in range(5)])
    assert floors.summary(floors.fits(good, 1, 60))["held"] >= 0.6
    shifted = good.assign(val_loss=good["val_loss"] + 0.3)  # a floor .3 above the truth
    assert floors.summary(floors.fits(shifted, 1, 60))["held"] <= 0.2


@written
def test_the_committed_coverage_is_that_of_the_committed_runs():
    table, told = pd.read_csv(RUNS), json.loads(RUNS.with_name("08_floors_coverage.json").read_text())["corpora"]
    for name, rows in table.groupby("corpus"):
        assert rows["seed"].nunique() == floors.STUDIES[name]
        for design, kept in told[name]["designs"].items():
            assert {k: kept[k] for k in ("held", "width", "error", "studies")} == pytest.approx(floors.summary(kept["fits"]))
            assert kept["studies"] == rows["seed"].nunique() // int(design[0])
        again, kept = floors.fits(rows[rows["seed"] < 2], 2), told[name]["designs"]["2 a size"]["fits"]
        assert again[0] == pytest.approx(kept[0], rel=5e-3)


@written
def test_no_model_of_the_studies_was_below_the_bayes_loss():
    told = json.loads(RUNS.with_name("08_floors_coverage.json").read_text())["corpora"]
    table = pd.read_csv(RUNS)
    assert (table["val_loss"] > table["bayes_loss"]).all()
    assert all(found["fewest_standard_errors_above_bayes"] > -3 and found["models"] >= 90 for found in told.values())
