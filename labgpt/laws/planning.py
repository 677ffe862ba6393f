"""What to train next: the runs that shrink a forecast's range the most for what they cost."""
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from labgpt.laws import table as tables

ENOUGH = 0.8  # of the largest gain: beyond, FLOPs buy little


class NextRun(NamedTuple):
    """A proposed run: N, D, its FLOPs, and the half-width of the law's 95 % range at the target once it is measured."""

    N: float
    D: float
    flops: float
    half_width: float


def next_runs(law, N: float, D: float, count: int = 3, most: float | None = None, sizes=None, tokens=None,
              flops_per_token: Callable[[float], float] | None = None) -> list[NextRun]:
    """`count` runs, each the cheapest that shrinks the doubt about the loss at (N, D) at least ENOUGH as much as any could, given
    those before it.

    The bootstrap's laws stand for what may be true: a run at (n, d) with the scatter of the fit's residuals tells about the
    target as much as the two co-vary over them (a Kalman step on the ensemble, linear in the loss). Candidates: sizes x tokens,
    by default eight each from the table's smallest to the target; none above `most` FLOPs, by default a tenth of the target's.
    ValueError: a fit without ranges, fewer than one run, no candidate within `most`.
    """
    draws = law._drawn()
    tables.numbers([N, D], "N, D")
    if count < 1:
        raise ValueError(f"count = {count}: it must be at least 1")
    per_token = flops_per_token or (lambda size: 6 * size)
    most = per_token(N) * D / 10 if most is None else most
    n_min, d_min = (float(x.min()) for x in law.data_["axes"])
    grid = [(n, d) for n in (np.geomspace(n_min, N, 8) if sizes is None else sizes)
            for d in (np.geomspace(d_min, D, 8) if tokens is None else tokens) if per_token(n) * d <= most]
    if not grid:
        raise ValueError(f"most = {most:.3g} FLOPs: no candidate is that cheap; raise it, or give sizes and tokens")
    n, d = np.array(grid, float).T
    cost = np.array([per_token(size) for size in n]) * d
    told = law._evaluate(draws, [np.append(n, N), np.append(d, D)])
    noise = (law.rms_ * law.predict(n, d)) ** 2
    cov, chosen = np.cov(told.T), []
    for _ in range(count):
        seen = np.diag(cov)[:-1] + noise
        gain = cov[:-1, -1] ** 2 / seen
        i = min(np.flatnonzero(gain >= ENOUGH * gain.max()), key=lambda k: cost[k])
        cov = cov - np.outer(cov[:, i], cov[i]) / seen[i]
        chosen.append(NextRun(float(n[i]), float(d[i]), float(cost[i]), float(1.96 * np.sqrt(max(cov[-1, -1], 0.0)))))
    return chosen
