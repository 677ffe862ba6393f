"""One axis: y = E + A/x^alpha, or y = A/x^alpha without a floor."""
from __future__ import annotations

import numpy as np

from labgpt.laws import table as tables
from labgpt.laws.law import Law

SIZES = 4  # one more than the parameters


class PowerLaw(Law):
    """y = E + A/x^alpha (offset=True) or y = A/x^alpha. `PowerLaw().fit(x, y)`, then E_, A_, alpha_, interval, predict.

    A negative exponent (y that grows with x) is out of its reach: fit 1/x.
    """

    def __init__(self, offset: bool = True, estimator: str = "huber"):
        super().__init__(estimator)
        self.offset = bool(offset)
        self.names = ("E", "A", "alpha") if offset else ("A", "alpha")

    def fit(self, x, y, cluster=None, bootstrap: int = 200, delta: float = 1e-3, level: float = 0.95,
            rng=0) -> PowerLaw:
        """Fit y (n,) at x (n,), both > 0. cluster: one label a row for the bootstrap, None where rows are independent.

        ValueError: NaN, a value <= 0, fewer than 4 different x (3 without the offset).
        """
        x, y = tables.numbers(x, "x"), tables.numbers(y, "y")
        tables.same_length(x=x, y=y)
        need = SIZES if self.offset else SIZES - 1
        if len(np.unique(x)) < need:
            raise ValueError(f"x has {len(np.unique(x))} different values: at least {need} are needed; measure more")
        self._fit({"x": x}, y, tables.clusters(cluster, "cluster", len(y)), bootstrap, delta, level, rng)
        return self

    def predict(self, x):
        """y at x, an array or a number."""
        return self._predict(x)

    def predict_interval(self, x):
        """(low, high) for one *measured* y at x."""
        return self._predict_interval(x)
