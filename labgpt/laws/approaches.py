"""Chinchilla's three approaches on one table, with N counted in as many ways as it has columns, and the check a + b = 1.

Hoffmann et al. 2022, section 3: (1) the lowest curve at each C among training curves, (2) IsoFLOP parabolas, (3) a fitted law. N_opt ~ C^a
and D_opt ~ C^b. Where C is 6 N D exactly, a + b is 1 for 1 and 2 as well; with the exact FLOPs and an N that leaves out weights
that multiply (the head), it is not: the sum says how far an N is from what the compute counts (Pearce & Song 2024).
"""
from typing import NamedTuple

import numpy as np

from labgpt.laws import table as tables
from labgpt.laws.chinchilla import Chinchilla
from labgpt.laws.isoflop import isoflop


class Found(NamedTuple):
    """One N, one approach: exponents a of N_opt and b of D_opt, nan where the table cannot say."""

    n: str
    approach: int
    a: float
    b: float

    @property
    def sum(self) -> float:
        return self.a + self.b


def approaches(table, ns=("n_total", "n_nonemb", "n_matmul"), d: str = "tokens", c: str = "flops", loss: str = "val_loss",
               cluster: str | None = "branch", window: int | None = None) -> list[Found]:
    """Found(n, approach, a, b) for each column of `ns` and approach. cluster: a training curve's name, for approach 1."""
    D, C, L = (tables.column(table, name) for name in (d, c, loss))
    found = []
    for n in ns:
        N = tables.column(table, n)
        found.append(Found(n, 1, *(_envelope(N, D, C, L, np.array(tables.values(table, cluster))) if cluster else (np.nan,) * 2)))
        try:
            slopes = [isoflop(table, axis, c, loss, None, window).fits["parabola"][1] for axis in (n, d)]
        except (ValueError, KeyError):  # no budget with three sizes, or no minimum at two of them
            slopes = [np.nan, np.nan]
        found.append(Found(n, 2, *slopes))
        law = Chinchilla().fit(table, n, d, loss, None, 0)
        found.append(Found(n, 3, law.a_, 1 - law.a_))
    return found


def _envelope(N, D, C, L, curve) -> tuple[float, float]:
    """Exponents along the lowest training curve: at 100 values of C, where two curves or more pass."""
    at = np.geomspace(C.min(), C.max(), 100)
    lines = []
    for name in dict.fromkeys(curve):
        rows = np.flatnonzero(curve == name)
        rows = rows[np.argsort(C[rows])]
        if len(rows) > 1:
            lowest = np.interp(np.log(at), np.log(C[rows]), np.log(L[rows]), left=np.inf, right=np.inf)
            lines.append((lowest, N[rows[0]], np.interp(np.log(at), np.log(C[rows]), np.log(D[rows]))))
    if len(lines) < 2:
        return np.nan, np.nan
    losses = np.array([line[0] for line in lines])
    best, kept = losses.argmin(axis=0), np.isfinite(losses).sum(axis=0) >= 2
    x = np.log(at[kept])
    sizes, tokens = np.log([lines[i][1] for i in best[kept]]), np.array([lines[i][2][j] for j, i in enumerate(best)])[kept]
    return float(np.polyfit(x, sizes, 1)[0]), float(np.polyfit(x, tokens, 1)[0])
