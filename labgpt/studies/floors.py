"""How often does a law's range of E hold the truth? Small studies of two languages whose entropy is known, one a seed.

`python -m labgpt.studies.floors STORE` trains what is not in the store, and writes data/reference/08_floors.csv (the runs) and
08_floors_coverage.json (the fits, and how far each model stayed above the Bayes loss of the very tokens it was validated on).
"""

import sys
from pathlib import Path

import numpy as np
import torch

from labgpt import corpus, sweep
from labgpt.laws import Chinchilla
from labgpt.record import RunDir, provenance, write_json
from labgpt.spec import RunSpec
from labgpt.tokens import prepare
from labgpt.train import load_model

from . import reference

WIDTHS, STUDIES = (16, 20, 24, 28, 32, 40), {"zipf-markov": 20, "tales": 20}
TOGETHER = (1, 2, 4)  # seeds a size, in one fit
BUDGETS = tuple(49_152 * 2**k for k in range(4))


def study() -> dict[str, list[RunSpec]]:
    """Six trunks of four budgets a study. A seed is a study: its trunks see other text in another order from other weights."""
    return {name: sweep.grid(WIDTHS, BUDGETS, name, seeds=seeds, val_tokens=32_768) for name, seeds in STUDIES.items()}


def fits(rows, together: int = 1, bootstrap: int = 200, **chosen) -> list[dict]:
    """A free fit for each `together` seeds of one corpus' runs, branches redrawn: {E, low, high, truth, alpha, beta, rms}."""
    found = []
    for _, study in rows.groupby(rows["seed"] // together):
        law = Chinchilla(**chosen).fit(study, bootstrap=bootstrap)
        low, high = law.interval("E")
        found.append({"E": law.E_, "low": low, "high": high, "truth": float(study["bayes_loss"].iloc[0]), "alpha": law.alpha_,
                      "beta": law.beta_, "rms": law.rms_})  # fmt: skip
    return found


def summary(found: list[dict]) -> dict:
    """The share of ranges that hold the truth, their usual width, and the usual error of E; nats."""
    E, low, high, truth = (np.array([f[name] for f in found]) for name in ("E", "low", "high", "truth"))
    held, width, error = np.mean((low <= truth) & (truth <= high)), np.median(high - low), np.median(E - truth)
    return {"held": float(held), "width": float(width), "error": float(error), "studies": len(found)}


def margin(place: str | Path) -> tuple[float, float]:
    """A trained model's loss less the Bayes loss of the same validation tokens, nats a token, and its standard error.

    The difference is taken token by token, its error from the means over rows: tokens of a row depend on each other.
    """
    model, spec = load_model(place)
    rows, each = prepare(spec.science).val_rows, []
    with torch.inference_mode():
        for some in np.array_split(rows, max(1, len(rows) // 64)):
            ids = torch.from_numpy(some.astype("int64"))
            loss = torch.nn.functional.cross_entropy(model(ids[:, :-1]).transpose(1, 2), ids[:, 1:], reduction="none")
            each.append(loss.double().numpy() - corpus.load(spec.science.data.corpus).bayes_nll(some))
    excess = np.concatenate(each).mean(axis=1)
    return float(excess.mean()), float(excess.std(ddof=1) / np.sqrt(len(excess)))


def main(store: str) -> None:
    """Train, fit, write."""
    import pandas as pd

    path = reference.make("08_floors", study(), store)
    table, told = pd.read_csv(path), {}
    for name, rows in table.groupby("corpus"):
        longer = rows[rows["tokens"] > BUDGETS[0]]
        each = {f"{k} a size{why}": fits(some, k) for some, why in ((rows, ""), (longer, ", no shortest budget")) for k in TOGETHER}
        ends = [margin(RunDir(Path(store) / run).path) for run in rows["run_id"].unique()]
        told[name] = {
            "designs": {k: summary(found) | {"fits": found} for k, found in each.items()},
            "models": len(ends),
            "fewest_standard_errors_above_bayes": min(excess / error for excess, error in ends),
        }
    where = {"level": 0.95, "command": "python -m labgpt.studies.floors", "corpora": told, "provenance": provenance()}
    write_json(path.with_name("08_floors_coverage.json"), where)
    for name, found in told.items():
        for k, of in found["designs"].items():
            print(f"{name}, {k}: {of['held']:.0%} of {of['studies']} ranges hold E; {of['width']:.3f} wide, E off by {of['error']:+.3f}")


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["runs/store"]))
