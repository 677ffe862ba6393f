"""The laws held against themselves: how fast a bootstrap refits, and how often a 95 % range holds a truth that is known."""

import csv
import time
from pathlib import Path

import numpy as np

from labgpt.laws import Chinchilla, CriticalBatch, Kaplan, PowerLaw, Repeated
from labgpt.laws import table as tables

TRUE = Chinchilla.of(E=1.82, A=480.0, B=2100.0, alpha=0.35, beta=0.37)  # near Epoch's fit of Chinchilla's points
NOISE = 0.005  # standard deviation of log loss between runs
SIZES, BUDGETS = np.geomspace(5e7, 1e10, 8), np.geomspace(1e9, 3e11, 8)
BEYOND = (3e10, 9e11)  # the forecast: three times the largest size and budget


def epoch(path: Path | None) -> dict[str, np.ndarray]:
    """240 points: Epoch's, less the five largest losses, from the CSV file given; else as many from TRUE with heavy-tailed noise."""
    if path is None:
        rng = np.random.default_rng(0)
        N, D = np.exp(rng.uniform(np.log(5e7), np.log(1.5e10), 240)), np.exp(rng.uniform(np.log(1e9), np.log(5e11), 240))
        return {"N": N, "D": D, "L": TRUE.predict(N, D) * np.exp(0.004 * rng.standard_t(3, 240))}
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    N, C, L = (np.array([float(r[key]) for r in rows]) for key in ("Model Size", "Training FLOP", "loss"))
    keep = np.sort(L)[-5] > L
    return {"N": N[keep], "D": (C / (6 * N))[keep], "L": L[keep]}


def fit(path: Path | None = None, refits: int = 4000, slow: int = 4000) -> dict:
    """A 240-point Chinchilla fit's bootstrap: seconds of one core, and its ranges beside the slow way's on the same resamples.

    The slow way walks each of the first `slow` resamples from least squares down to Huber's threshold, from three starts.
    `worst` is the largest difference of an end of a range, over the range's width, and `worst_end` over the end itself.
    """
    table = epoch(path)
    began = time.process_time()
    law = Chinchilla().fit(table, "N", "D", "L", None, refits)
    quick_s = time.process_time() - began
    axes, log_y = law.data_["axes"], np.log(table["L"])
    model = law._model(axes)
    weights, _ = tables.resamples(np.arange(len(log_y)), axes, refits, np.random.default_rng(0), 3)
    starts = law._warm(model, log_y, law._theta[0], law._grid(model, table["L"]))
    began = time.process_time()
    thetas = [law._solve(model, log_y, chunk, starts)[0] for chunk in np.array_split(weights[:slow], -(-slow // 100))]
    slow_s = time.process_time() - began
    by = [np.quantile(draws, [0.025, 0.975], axis=0) for draws in (law.draws_[:slow], law._natural(np.concatenate(thetas)))]
    return {
        "points": len(log_y), "data": "generated" if path is None else path.name, "refits": refits, "seconds": quick_s,
        "slow_refits": slow, "slow_seconds": slow_s, "worst": float((np.abs(by[0] - by[1]) / (by[1][1] - by[1][0])).max()),
        "worst_end": float(np.abs(by[0] / by[1] - 1).max()), "objective": law.objective_,
        "standard_errors": dict(zip(law.names, law.draws_.std(axis=0).tolist(), strict=True)), "a": [law.a_, *law.interval("a")],
    }  # fmt: skip


def trunks(seed: int, between: float = NOISE, within: float = 0.6 * NOISE) -> dict:
    """Runs as a lab makes them: two trunks at each of eight sizes, five budgets a trunk, a shift that the trunk's points share."""
    rng, sizes = np.random.default_rng(seed), np.repeat(SIZES, 2)
    N, D = np.repeat(sizes, 5), np.tile(np.geomspace(3e9, 3e11, 5), len(sizes))
    noise = np.repeat(between * rng.standard_normal(len(sizes)), 5) + within * rng.standard_normal(len(N))
    return {"N": N, "D": D, "L": TRUE.predict(N, D) * np.exp(noise), "trunk": np.repeat(np.arange(len(sizes)), 5)}


def independent(law, axes, seed: int) -> np.ndarray:
    """The law's values at axes with noise of each run's own."""
    return law.predict(*axes) * np.exp(NOISE * np.random.default_rng(seed).standard_normal(len(axes[0])))


def ranges(law, true: dict, at: tuple, seed: int, noise: float = NOISE) -> dict[str, tuple[float, float, float, float]]:
    """{name: (estimate, low, high, truth)}; the forecast's truth is one new run at `at`, with noise of its own."""
    found = {name: (law.params[name], *law.interval(name), value) for name, value in true.items()}
    run = at[1] * np.exp(noise * np.random.default_rng([seed, 1]).standard_normal())
    return found | {"forecast": (float(law.predict(*at[0])), *map(float, law.predict_interval(*at[0])), float(run))}


def study(form: str, seed: int, bootstrap: int = 200) -> dict[str, tuple[float, float, float, float]]:
    """One simulated study of a form in FORMS; see `ranges`."""
    grid = [g.ravel() for g in np.meshgrid(SIZES, BUDGETS)]
    surfaces = {  # the truth, the law that is fitted, and of what its ranges are looked at
        "chinchilla": (TRUE, Chinchilla(), ("E", "alpha", "beta")),
        "tied": (Chinchilla.of(1.82, 480, 1500, 0.36, 0.36), Chinchilla(tied=True), ("E", "alpha")),
        "kaplan": (Kaplan.of(N_c=8.8e13, D_c=5.4e13, alpha_N=0.076, alpha_D=0.095), Kaplan(), ("alpha_N", "alpha_D")),
    }
    how = dict(bootstrap=bootstrap, rng=seed)
    columns = dict(n="N", d="D", loss="L", cluster=None, **how)
    if form in surfaces:
        true, law, names = surfaces[form]
        law.fit({"N": grid[0], "D": grid[1], "L": independent(true, grid, seed)}, **columns)
        return ranges(law, {k: true.params[k] for k in names}, (BEYOND, float(true.predict(*BEYOND))), seed)
    if form in ("chinchilla, trunks redrawn", "chinchilla, rows redrawn"):
        law = Chinchilla().fit(trunks(seed), **columns | {"cluster": "trunk" if "trunks" in form else None})
        beyond, noise = (BEYOND, float(TRUE.predict(*BEYOND))), np.hypot(NOISE, 0.6 * NOISE)
        return ranges(law, {k: TRUE.params[k] for k in ("E", "alpha", "beta")}, beyond, seed, noise)
    if form == "repeated":
        true, U = Repeated.published(), np.tile([2e9, 2e10], len(grid[0]))
        axes = [np.repeat(g, 2) for g in grid]
        axes.append(np.minimum(U, axes[1]))
        table = {"N": axes[0], "D": axes[1], "U": U, "L": independent(true, axes, seed)}
        law = Repeated(true.base).fit(table, unique="U", **columns)
        return ranges(law, {"R_D": true.R_D_, "R_N": true.R_N_}, ((*BEYOND, 2e10), float(true.predict(*BEYOND, 2e10))), seed)
    if form == "critical batch":
        batch, true = np.tile(2.0 ** np.arange(3, 11), 3), CriticalBatch.of(D_min=1e5, B_crit=150.0)
        law = CriticalBatch().fit(batch, independent(true, [batch], seed), **how)
        return ranges(law, true.params, ((3e3,), float(true.predict(3e3))), seed)
    x = np.repeat(np.geomspace(1e5, 1e9, 12), 3)
    true = PowerLaw.of(E=1.8, A=60.0, alpha=0.3) if form == "floor" else PowerLaw.of(A=20.0, alpha=0.08)
    law = PowerLaw(form == "floor").fit(x, independent(true, [x], seed), **how)
    return ranges(law, {k: v for k, v in true.params.items() if k != "A"}, ((1e10,), float(true.predict(1e10))), seed)


FORMS = ("chinchilla", "chinchilla, trunks redrawn", "chinchilla, rows redrawn", "tied", "kaplan", "floor", "no floor", "repeated",
         "critical batch")  # fmt: skip


def coverage(studies: int = 1000, others: int = 200, bootstrap: int = 200, shown: int = 60) -> dict:
    """How often a nominal 95 % range held the truth, in `studies` simulated studies of the first two FORMS, `others` of the rest.

    {forms: {form: {studies, held: {name: share}, middle: {name: [2.5 %, 97.5 %] of the estimates}}}, shown: {form: [[estimate, low,
    high] of alpha, for the first few studies]}}.
    """
    found, first = {}, {}
    for form in FORMS:
        many = studies if form in FORMS[:2] else others
        rows = [study(form, seed, bootstrap) for seed in range(many)]
        all_of = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        found[form] = {
            "studies": len(rows),
            "held": {name: float(np.mean((v[:, 1] <= v[:, 3]) & (v[:, 3] <= v[:, 2]))) for name, v in all_of.items()},
            "middle": {name: np.quantile(v[:, 0], [0.025, 0.975]).tolist() for name, v in all_of.items()},
        }
        if "redrawn" in form:
            first[form] = np.round(all_of["alpha"][:shown, :3], 5).tolist()
    return {"noise": NOISE, "bootstrap": bootstrap, "level": 0.95, "true": TRUE.params, "forms": found, "shown": first}
