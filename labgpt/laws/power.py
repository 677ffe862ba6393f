"""One axis: y = E + A/x^alpha, or y = A/x^alpha without a floor; and the tokens that a batch size costs."""
from __future__ import annotations

import numpy as np

from labgpt.laws import newton
from labgpt.laws import table as tables
from labgpt.laws.law import Law

SIZES = 4  # one more than the parameters


class PowerLaw(Law):
    """y = E + A/x^alpha (offset=True) or y = A/x^alpha. `PowerLaw().fit(x, y)`, then E_, A_, alpha_, interval, predict.

    L(N), L(D) and L(C) of Kaplan et al. 2020 (no floor) and Henighan et al. 2020 (with one); x a loss and y 1/B_crit for the
    critical batch against loss. A negative exponent (y that grows with x) is out of its reach: fit 1/x.
    """

    names, axes = ("E", "A", "alpha"), ("x",)
    citation = "Kaplan et al. 2020, arXiv 2001.08361; Henighan et al. 2020, arXiv 2010.14701"

    def __init__(self, offset: bool = True, estimator: str = "huber"):
        super().__init__(estimator)
        self.offset = bool(offset)
        self.names = tuple(name for name in self.names if offset or name != "E")

    def fit(self, x, y, cluster=None, bootstrap: int = 200, delta: float = 1e-3, level: float = 0.95,
            rng=0, name: str = "x") -> PowerLaw:
        """Fit y (n,) at x (n,), both > 0. cluster: one label a row for the bootstrap, None where rows are independent.
        name: what messages call x.

        ValueError: NaN, a value <= 0, fewer than 4 different x (3 without the offset).
        """
        x, y = tables.numbers(x, name), tables.numbers(y, "y")
        tables.same_length(**{name: x, "y": y})
        need = SIZES if self.offset else SIZES - 1
        if len(np.unique(x)) < need:
            raise ValueError(f"{name} has {len(np.unique(x))} different values: at least {need} are needed; measure more")
        self._fit({name: x}, y, tables.clusters(cluster, "cluster", len(y)), bootstrap, delta, level, rng)
        return self


class CriticalBatch(PowerLaw):
    """tokens = D_min (1 + batch/B_crit): the tokens that reach one loss at a batch of that size.

    At B_crit twice D_min is needed, and half of the steps that could be saved are. Half-way between two straight lines.
    """

    names = ("D_min", "B_crit")
    citation = "McCandlish et al. 2018, arXiv 1812.06162, equation 2.11"

    def __init__(self, estimator: str = "huber"):
        super().__init__(False, estimator)

    # Inside, theta = [log D_min, log of what one batch of the mean size adds]; no exponents.

    def _features(self, axes) -> np.ndarray:
        return np.tile(np.eye(2), (len(axes[0]), 1, 1))

    def _model(self, axes) -> newton.Powers:
        return newton.Powers(self._features(axes), np.stack([0 * axes[0], np.log(axes[0]) - self._center[0]], axis=1))

    def _grid(self, model, y) -> np.ndarray:
        terms = np.exp(model.base) / y[:, None]
        return np.log(np.clip(np.linalg.lstsq(terms, np.ones(len(y)), rcond=None)[0], 1e-3 * y.min(), y.max()))[None]

    def _box(self, log_y):
        return np.full(2, log_y.min() - 14), np.full(2, log_y.max() + 1)

    def _natural(self, theta):
        return np.exp(np.stack([theta[:, 0], theta[:, 0] - theta[:, 1] + self._center[0]], axis=1))

    def _evaluate(self, parameters, axes):
        return parameters[:, :1] * (1 + np.asarray(axes[0])[None] / parameters[:, 1:])
