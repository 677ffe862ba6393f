"""Chinchilla's three approaches on one generated table, and what a + b says about the N that was counted."""
from __future__ import annotations

import math

import numpy as np
import pytest

from labgpt.laws import Chinchilla, approaches

TRUE = Chinchilla.of(E=1.8, A=400, B=900, alpha=0.35, beta=0.35)  # a = b = .5


def table(left_out: float = 0.0) -> dict[str, np.ndarray]:
    """Nine sizes at each of four budgets, C = 6 N D; `few` counts N without left_out * N^(2/3), a head that C does count."""
    C = np.repeat([1e17, 1e18, 1e19, 1e20], 9)
    N = np.array([TRUE.optimal(c).N for c in C]) * np.tile(10 ** (np.arange(-4, 5) / 4), 4)  # sizes recur: curves of training
    D = C / (6 * N)
    return {"N": N, "few": N - left_out * N ** (2 / 3), "D": D, "C": C, "L": TRUE.predict(N, D), "size": np.round(np.log(N), 3)}


def by(found) -> dict:
    return {(f.n, f.approach): f for f in found}


def test_all_three_agree_where_c_is_6_n_d():
    found = by(approaches(table(), ("N",), "D", "C", "L", cluster="size"))
    assert found["N", 3].a == pytest.approx(0.5, abs=1e-6) and found["N", 3].sum == 1
    assert found["N", 2].a == pytest.approx(0.5, abs=1e-3) and found["N", 2].sum == pytest.approx(1, abs=1e-3)
    assert found["N", 1].a == pytest.approx(0.5, abs=0.08) and found["N", 1].sum == pytest.approx(1, abs=0.02)


def test_an_n_without_the_head_gives_itself_away():
    found = by(approaches(table(left_out=150.0), ("N", "few"), "D", "C", "L", cluster="size"))
    assert found["few", 2].a > found["N", 2].a + 0.03 and found["few", 2].sum > 1.03
    assert found["few", 2].b == pytest.approx(found["N", 2].b)


def test_what_a_table_cannot_say_is_nan():
    grid = [g.ravel() for g in np.meshgrid(np.geomspace(1e6, 1e8, 4), np.geomspace(1e8, 3e10, 4) * 1.37)]
    N, D = grid[0] * np.linspace(1, 1.3, 16), grid[1]
    found = by(approaches({"N": N, "D": D, "C": 6 * N * D, "L": TRUE.predict(N, D)}, ("N",), "D", "C", "L", cluster=None))
    assert math.isnan(found["N", 1].a) and math.isnan(found["N", 2].a) and found["N", 3].a == pytest.approx(0.5, abs=1e-4)
