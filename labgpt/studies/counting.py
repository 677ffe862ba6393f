"""Kaplan against Chinchilla on runs of our own: the exponent of N_opt(C) when counting, warm-up and decay change in turn.

Kaplan et al. 2020 counted the blocks' weights alone, and 6 N D for C; warmed up for as long whatever the size, longer than a small
model's best budget; and never let the rate decay within a budget. Porian et al. 2024 (arXiv 2406.19146) undid these one at a time,
and tuned the optimizer for each size, which is not done here.
`python -m labgpt.studies.counting STORE` trains what is not in the store, and writes data/reference/08_counting.csv (the runs that
lesson 03's table lacks) and 08_counting_exponents.json. How an exponent is found was fixed before the runs: a parabola through the
five sizes around each budget's best, then a line through the minima; Akima's curve and the fitted law stand beside it.
"""

import sys

import numpy as np

from labgpt import cost, sweep
from labgpt.laws import Chinchilla, isoflop
from labgpt.record import provenance, write_json
from labgpt.spec import RunSpec, derive

from . import reference
from .tuning import recipe

WIDTHS, COMPUTE = (8, 12, 16, 24, 32, 48, 64), tuple(1.25e10 * 2**k for k in range(6))
TOKENS = (32_768, 8 << 20)  # a budget has 16 steps or more, and no token is read twice
LONG = 256  # steps of warm-up, .5 M tokens: two to four times the smallest budget's best D, a quarter to a half of the largest's
KNOWN = {2.5e10, 5e10, 1e11, 4e11}  # lesson 03's budgets, for its widths (8: not the last)
WINDOW = 5
# The column that is N, whether C is 6 N D (else the exact FLOPs), and the C at which five sizes or more were trained.
COUNTS = {"blocks alone": ("n_nonemb", True, tuple(8e9 * 2**k for k in range(5))), "all": ("n_matmul", False, COMPUTE)}
STEPS = {
    "Kaplan's way": ("long warm-up", "blocks alone"),
    "everything counted": ("long warm-up", "all"),
    "and a short warm-up": ("no cooldown", "all"),
    "and the rate cooled": ("cooled", "all"),
}  # one change a step
RATES = {"0.5": "rates-0.5", "1": "cooled", "2": "rates-2"}


def budgets(width: int) -> tuple[float, ...]:
    """The compute budgets, FLOPs, at which a width's tokens lie within TOKENS."""
    per_token = cost.flops(derive(width).science.model).train
    return tuple(c for c in COMPUTE if TOKENS[0] <= 1.01 * c / per_token and c / per_token <= TOKENS[1])


def study(seeds: int) -> dict[str, list[RunSpec]]:
    """Seven widths at six budgets: long warm-up; no cooldown; cooled, where lesson 03 has no run; halved and doubled rates (one seed)."""

    def at(known=frozenset(), **changes: object) -> list[RunSpec]:
        lacks = {w: [c for c in budgets(w) if c not in known or w in (12, 64)] for w in WIDTHS}
        return [spec for w in WIDTHS for spec in sweep.isoflop([w], lacks[w], seeds=seeds, **changes)]

    return {
        "long warm-up": at(cooldown=0.0, warmup_steps=LONG),
        "no cooldown": at(cooldown=0.0),
        "cooled": at(KNOWN),
        **{f"rates-{f:g}": [s for w in WIDTHS for s in sweep.isoflop([w], budgets(w), **recipe(w, f))] for f in (0.5, 2)},
    }


def table():
    """The study's runs, lesson 03's in their group "cooled", a pandas DataFrame."""
    import pandas as pd

    own, third = (pd.read_csv(reference.path(name)) for name in ("08_counting", "03_compute"))
    return pd.concat([own, third.query("group in ('isoflop', 'held-out')").assign(group="cooled")], ignore_index=True)


def curves(rows, count: str) -> list[tuple[float, np.ndarray]]:
    """[(N, log losses (trunks, C))] by width: each trunk read at the count's C, between its budgets along a smooth monotone curve in
    logarithms (Fritsch & Carlson 1980), nan beyond them."""
    from scipy.interpolate import PchipInterpolator

    n, six, at = COUNTS[count]
    found = []
    for size, some in rows.sort_values("tokens").groupby(n):
        read = []
        for _, trunk in some.groupby("branch"):
            C = 6 * size * trunk["tokens"] if six else trunk["flops"]
            inside = np.clip(at, C.iloc[0], C.iloc[-1])
            losses = PchipInterpolator(np.log(C), np.log(trunk["val_loss"]))(np.log(inside))
            read.append(np.where(np.abs(np.log(inside / at)) < 0.03, losses, np.nan))  # whole steps meet a budget to a few per cent
        found.append((float(size), np.array(read)))
    return found


def slopes(means: list[tuple[float, np.ndarray]], count: str, picked: np.ndarray) -> dict[str, float]:
    """{"parabola", "akima"}: the exponent of N_opt(C) from [(N, log losses (C,))], a line through the minima at the picked of the C."""
    at, told = np.array(COUNTS[count][2]), {}
    cells = [(n, c, np.exp(loss)) for n, losses in means for c, loss in zip(at, losses, strict=True) if np.isfinite(loss)]
    columns = dict(zip("NCL", np.array(cells).T, strict=True))
    found = isoflop(columns, "N", "C", "L", None, WINDOW, parametric=False).minima
    for method in ("parabola", "akima"):
        best = np.log([getattr(m, method) for m in found])
        kept = picked[np.isfinite(best[picked])]
        told[method] = float(np.polyfit(np.log(at[kept]), best[kept], 1)[0]) if len(set(kept)) > 1 else float("nan")
    return told


def exponents(rows, count: str) -> dict[str, float]:  # of a recipe's runs, all trunks and budgets once
    return slopes([(n, losses.mean(axis=0)) for n, losses in curves(rows, count)], count, np.arange(len(COUNTS[count][2])))


def ranged(rows, count: str, draws: int = 200) -> dict:
    """Exponents {method: value} and their 95 % ranges {method_range: [low, high]}.

    Redrawn are each width's trunks (k of them vary too little in the mean: widened by sqrt(k / (k - 1))) and the budgets. `law` is
    b / (a + b) of a Chinchilla law's exponents, by this count's N and C = 6 N D, branches redrawn.
    """
    read, rng, drawn = curves(rows, count), np.random.default_rng(0), []
    for _ in range(draws):
        some = []
        for n, losses in read:
            k, mean = len(losses), losses.mean(axis=0)
            some.append((n, mean + (losses[rng.integers(k, size=k)].mean(axis=0) - mean) * np.sqrt(k / max(1, k - 1))))
        drawn.append(slopes(some, count, rng.integers(len(mean), size=len(mean))))
    law = Chinchilla().fit(rows, n=COUNTS[count][0], bootstrap=100)
    alpha, beta = law.draws_[:, -2:].T
    told = {"law": law.a_, "law_range": np.quantile(beta / (alpha + beta), [0.025, 0.975]).tolist()}
    for method, value in exponents(rows, count).items():
        told |= {method: value, f"{method}_range": np.nanquantile([d[method] for d in drawn], [0.025, 0.975]).tolist()}
    return told


def main(store: str) -> None:
    path = reference.make("08_counting", study(reference.SEEDS), store)
    rows, told = table(), {"recipes": {}, "rates": {}}
    for group, some in rows.groupby("group"):
        if "rates" not in group:
            told["recipes"][group] = {count: ranged(some, count) for count in COUNTS}
    for factor, group in RATES.items():  # all three by the one seed
        told["rates"][factor] = ranged(rows[(rows["group"] == group) & (rows["seed"] == 0)], "all")
    about = {"window": WINDOW, "level": 0.95, "command": "python -m labgpt.studies.counting", "provenance": provenance()}
    write_json(path.with_name("08_counting_exponents.json"), told | about)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["runs/store"]))
