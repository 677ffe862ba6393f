"""The forecast ladder: fit runs of at most TOP training FLOPs, forecast ones of 3, 10 and 30 times as many, and only then train them.

`python -m labgpt.studies.ladder seal STORE` trains what the fit needs and seals the forecasts in data/reference/08_ladder; commit
them; `python -m labgpt.studies.ladder score STORE` trains the forecast runs and writes data/reference/08_ladder_score.json.
"""

from __future__ import annotations

import json
import sys
from itertools import product
from pathlib import Path

import numpy as np

from labgpt import corpus, cost, sweep
from labgpt.laws import Chinchilla, forecast
from labgpt.record import TABLE, provenance, sha256, write_atomic
from labgpt.spec import RunSpec, derive

TOP = {"zipf-markov": 1.5e12, "pysource": 6.5e12}  # below 2e12 text's losses still fall too steeply for any form to see them bend
RUNGS = {"zipf-markov": (3, 10, 30), "pysource": (3, 10)}  # thirty times the compute on text would be hours here
WIDTHS, SEEDS = (16, 24, 32, 48, 64, 96, 128), {"zipf-markov": 2, "pysource": 1}
FEWEST, MOST = 100_000, 9_600_000  # tokens of a base run: a tiny one is all warm-up, and pysource holds ten million
TARGET_WIDTHS = range(48, 257, 16)
RULES = tuple(product((100_000, 200_000, 400_000), (6, 5, 4)))  # which rows a fit keeps: (fewest tokens, largest sizes)
SEALS = Path(__file__).parents[2] / "data" / "reference" / "08_ladder"


def per_token(d_model: int, name: str) -> float:
    """Training FLOPs a token of a width's model."""
    return cost.flops(derive(d_model, name).science.model).train


def base(name: str) -> list[RunSpec]:
    """A trunk a width and seed, its budgets TOP, TOP/2, TOP/4 … FLOPs, as far as these pay for FEWEST to MOST tokens."""
    flops = [TOP[name] / 2**k for k in range(10)]
    affordable = {w: [c for c in flops if FEWEST <= c / per_token(w, name) <= MOST] for w in WIDTHS}
    return [spec for w, some in affordable.items() if len(some) > 2 for spec in sweep.isoflop([w], some, name, seeds=SEEDS[name])]


def keep(rows, rule: tuple[int, int]):
    """The rows with at least so many tokens and of the so many largest sizes."""
    fewest, sizes = rule
    return rows[(rows["tokens"] >= fewest) & (rows["n_matmul"] >= sorted(rows["n_matmul"].unique())[-sizes:][0])]


def backtest(rows, rule: tuple[int, int], top: float) -> float:
    """Fit what top/4 pays for, forecast the three best runs of `top`: the root mean square of the relative errors.

    Infinite where the rule leaves too few rows for a fit.
    """
    dear = rows[rows["flops"] > 0.7 * top].groupby("n_matmul")[["val_loss", "tokens"]].mean().nsmallest(3, "val_loss")
    best, at = dear["val_loss"], dear["tokens"]
    try:
        law = Chinchilla().fit(keep(rows[rows["flops"] < 1.4 * top / 4], rule), bootstrap=0)
    except ValueError:
        return np.inf
    return float(np.sqrt(np.mean((law.predict(best.index.to_numpy(float), at.to_numpy(float)) / best.to_numpy() - 1) ** 2)))


def target(law: Chinchilla, name: str, rung: int) -> RunSpec:
    """The width for which `law` promises the lowest loss at rung x TOP FLOPs, never reading a token twice."""
    most = len(corpus.load(name).train) - 1_000

    def promise(w: int) -> float:
        tokens = rung * TOP[name] / per_token(w, name)
        return np.inf if tokens > most else law.predict(cost.parameters(derive(w, name).science.model).matmul, tokens)

    return sweep.isoflop([min(TARGET_WIDTHS, key=promise)], [rung * TOP[name]], name)[0]


def seal(store: str) -> None:
    """Train the base, choose each corpus' rule by its backtest, seal its forecasts."""
    import pandas as pd

    from . import lessons

    table = pd.read_csv(lessons.make_reference("08_ladder", store))
    for name, rows in table.groupby("group"):
        tried = {rule: backtest(rows, rule, TOP[name]) for rule in RULES}
        rule = min(tried, key=tried.get)
        law = Chinchilla().fit(keep(rows, rule))
        for rung in RUNGS[name]:
            spec = target(law, name, rung)
            n, d = cost.parameters(spec.science.model).matmul, spec.science.schedule.budgets[-1]
            low, high = law.predict_interval(n, d)
            told = {"what": f"val_loss of a run on {name} of {rung} times the fit's compute, nats a token", "rung": rung, "corpus": name,
                    "predicted": float(law.predict(n, d)), "low": float(low), "high": float(high), "level": 0.95, "n_matmul": n,
                    "tokens": d, "flops": cost.training_flops(spec.science.model, d), "params": law.params,
                    "fewest_tokens": rule[0], "largest_sizes": rule[1], "backtest": tried[rule], "spec": spec.to_json(),
                    "data_sha256": sha256(rows[list(TABLE)].to_csv(index=False))}  # fmt: skip
            forecast.seal(SEALS / f"{name}-{rung}x.json", told)
            print(f"{name} {rung:>2}x: N {n:,}, D {d:,}: {told['predicted']:.4f} ({low:.4f}–{high:.4f}); "
                  f"kept {rule}, backtest {tried[rule]:.2%}")  # fmt: skip


def score(store: str) -> None:
    """Train the forecast runs, cheapest first, and hold each against its seal; an error of the excess where the entropy is known."""
    import pandas as pd

    path, scores = SEALS.with_name("08_ladder_score.json"), {}
    seals = {seal.stem: forecast.read(seal) for seal in SEALS.glob("*x.json")}
    for stem, sealed in sorted(seals.items(), key=lambda item: item[1]["flops"]):
        row = sweep.run([RunSpec.from_json(sealed["spec"])], store).iloc[-1]
        loss, bayes = float(row["val_loss"]), row["bayes_loss"]
        known = {} if pd.isna(bayes) else {"excess_error": (sealed["predicted"] - loss) / (loss - float(bayes)), "bayes_loss": float(bayes)}
        got = forecast.score(SEALS / f"{stem}.json", loss) | known
        scores[stem] = got | {key: sealed[key] for key in ("corpus", "rung", "n_matmul", "tokens", "flops")}
        of_excess = f", {known['excess_error']:+.1%} of the excess" if known else ""
        print(f"{stem}: sealed {got['predicted']:.4f} ({got['low']:.4f}–{got['high']:.4f}), measured {loss:.4f}, "
              f"{got['relative_error']:+.2%}{of_excess}, {'inside' if got['inside'] else 'OUTSIDE'}", flush=True)  # fmt: skip
        where = {"command": "python -m labgpt.studies.ladder score", "sealed": sorted(seals), "scores": scores, "provenance": provenance()}
        write_atomic(path, json.dumps(where, indent=1) + "\n")


if __name__ == "__main__":
    {"seal": seal, "score": score}[sys.argv[1]](*(sys.argv[2:] or ["runs/store"]))
