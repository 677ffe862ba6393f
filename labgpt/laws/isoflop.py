"""IsoFLOP curves: for each compute budget the size with the lowest loss, by four methods, and how it grows with C.

`argmin` takes the best trained size: on a coarse grid it steps, and its exponent is poor. `parabola` fits loss against
log N near the best (Hoffmann et al. 2022, approach 2): right in the exponent, biased in the level, the more the wider
the grid (Czech et al. 2026, arXiv 2603.22339). `akima` takes the lowest point of a smooth curve through all sizes, in
logarithms: no window and no shape assumed, but it follows the noise. `parametric` is the optimum of a law fitted to all points.
"""
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from labgpt.laws import table as tables
from labgpt.laws.chinchilla import Chinchilla

METHODS = ("argmin", "parabola", "akima", "parametric")


class Minimum(NamedTuple):
    """One budget. N by each method (nan where it has none); `used` points went into the parabola."""

    C: float
    points: int
    used: int
    argmin: float
    parabola: float
    akima: float
    parametric: float
    loss: float  # the lowest measured
    bracketed: bool  # a trained size lies on either side of the best


class IsoFlop(NamedTuple):
    """minima by rising C; fits {method: (coefficient, exponent)} of N_opt = coefficient C^exponent; window as asked."""

    minima: list[Minimum]
    fits: dict[str, tuple[float, float]]
    window: int | None
    law: Chinchilla | None
    warnings_: list[str]

    def interval(self, method: str, level: float = 0.95, draws: int = 1000, rng=0) -> dict[str, tuple[float, float]]:
        """Ranges of coefficient and exponent when whole budgets are redrawn; the method's bias is not in them."""
        points = [(m.C, getattr(m, method)) for m in self.minima if np.isfinite(getattr(m, method))]
        if len(points) < 3:
            raise ValueError(f"method = {method!r} has a minimum at {len(points)} budgets: a range needs 3; train more budgets")
        C, N = np.log(points).T
        found, rng = [], np.random.default_rng(rng)
        while len(found) < draws:
            pick = rng.integers(len(C), size=len(C))
            if len(np.unique(C[pick])) >= 2:
                found.append(np.polyfit(C[pick], N[pick], 1))
        low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return {"coefficient": (float(np.exp(low[1])), float(np.exp(high[1]))), "exponent": (float(low[0]), float(high[0]))}

    def n_opt(self, C, method: str = "parametric"):
        """The optimal size at C by one of the methods, extrapolated as a power law."""
        if method not in self.fits:
            allowed = ", ".join(self.fits) or "none here: two budgets are needed"
            raise ValueError(f"method = {method!r}: allowed is {allowed}")
        coefficient, exponent = self.fits[method]
        return coefficient * np.asarray(C, dtype=float) ** exponent


def isoflop(table, n: str = "n_matmul", c: str | None = "flops", loss: str = "val_loss", d: str | None = "tokens",
            window: int | None = None, rtol: float = 0.05, parametric: bool = True) -> IsoFlop:
    """Minima of the IsoFLOP curves of a table of runs.

    table: a DataFrame or dict with columns n, loss, and c (training FLOPs), d (tokens) or both; where one is None it follows
    from C = 6 N D. Rows whose C differs by less than `rtol` from their group's smallest share a budget.
    window: how many points around the best the parabola takes; None takes the whole curve.
    parametric: False fits no law to the table, which is faster. Its optimum spends C as the table does: C/D FLOPs a token.
    ValueError: no budget with 3 sizes, a window below 3, a bad column.
    """
    if window is not None and window < 3:
        raise ValueError(f"window = {window}: a parabola needs at least 3 points; None takes the whole curve")
    N, C, D, L, law = _read(table, n, c, loss, d, parametric)
    flops_per_token = None if c is None or d is None else _per_token(N, C / D)
    minima = [_minimum(N[g], C[g], L[g], window, law, flops_per_token) for g in _groups(N, C, rtol)]
    if not minima:
        raise ValueError("no budget has 3 different sizes: an IsoFLOP curve needs them; train more, or raise rtol")
    said = [f"At C = {m.C:.3g} the best size ends its curve: train beyond it." for m in minima if not m.bracketed]
    return IsoFlop(minima, _exponents(minima), window, law, said)


def _read(table, n, c, loss, d, parametric):
    if c is None and d is None:
        raise ValueError("c and d are both None: name the column of FLOPs or the column of tokens")
    N, L = tables.column(table, n), tables.column(table, loss)
    C = tables.column(table, c) if c is not None else 6 * N * tables.column(table, d)
    D = tables.column(table, d) if d is not None else C / (6 * N)
    tables.same_length(n=N, loss=L, c=C, d=D)
    enough = parametric and len(L) >= tables.ROWS and min(len(np.unique(N)), len(np.unique(D))) >= tables.SIZES
    law = Chinchilla().fit({"N": N, "D": D, "L": L}, "N", "D", "L", cluster=None, bootstrap=0) if enough else None
    return N, C, D, L, law


def _per_token(N, flops) -> Callable[[float], float]:
    """size -> FLOPs a token: the table's own as multiples of N, between its sizes on a line in log N, beyond them as at the end."""
    sizes, where = np.unique(N, return_inverse=True)
    times = np.bincount(where, flops / N) / np.bincount(where)
    return lambda size: size * float(np.interp(np.log(size), np.log(sizes), times))


def _groups(N, C, rtol) -> list[np.ndarray]:
    """Row indices by budget, rising in N, for the budgets with 3 sizes."""
    groups, order = [], np.argsort(C, kind="stable")
    for row in order:
        if groups and C[row] <= C[groups[-1][0]] * (1 + rtol):
            groups[-1].append(row)
        else:
            groups.append([row])
    return [np.array(g)[np.argsort(N[g], kind="stable")] for g in groups if len(np.unique(N[g])) >= 3]


def _minimum(N, C, L, window, law, flops_per_token) -> Minimum:
    best, budget = int(np.argmin(L)), float(np.exp(np.log(C).mean()))
    near = np.sort(np.argsort(np.abs(np.log(N / N[best])), kind="stable")[:window])
    x = np.log(N[near] / N[best])
    curve, slope, _ = np.polyfit(x, L[near], 2) if len(np.unique(x)) >= 3 else (0.0, 0.0, 0.0)
    parabola = float(N[best] * np.exp(-slope / (2 * curve))) if curve > 0 else float("nan")
    parametric = law.optimal(budget, flops_per_token).N if law is not None else float("nan")
    return Minimum(budget, len(N), len(near), float(N[best]), parabola, _akima(N, L), parametric, float(L[best]),
                   bool(N[0] < N[best] < N[-1]))


def _akima(N, L) -> float:
    """The lowest point of Akima's curve of log loss through log N (Akima 1970); nan below five sizes."""
    sizes = np.unique(N)
    if len(sizes) < 5:
        return float("nan")
    from scipy.interpolate import Akima1DInterpolator

    x = np.log(sizes)
    curve = Akima1DInterpolator(x, np.log([L[size == N].mean() for size in sizes]))
    turns = [t for t in curve.derivative().roots(extrapolate=False) if np.isfinite(t)]
    return float(np.exp(min([*turns, x[0], x[-1]], key=lambda t: float(curve(t)))))


def _exponents(minima: list[Minimum]) -> dict[str, tuple[float, float]]:
    fits = {}
    for method in METHODS:
        C, N = np.array([(m.C, getattr(m, method)) for m in minima if np.isfinite(getattr(m, method))]).reshape(-1, 2).T
        if len(np.unique(C)) >= 2:
            exponent, level = np.polyfit(np.log(C), np.log(N), 1)
            fits[method] = (float(np.exp(level)), float(exponent))
    return fits
