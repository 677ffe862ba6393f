"""Kaplan's law of size and data: L(N, D) = [(N_c/N)^(alpha_N/alpha_D) + D_c/D]^alpha_D, without a floor.

Kaplan et al. 2020, arXiv 2001.08361, equation 1.5 (alpha_N .076, N_c 8.8e13, alpha_D .095, D_c 5.4e13, N without the
embedding). For D without end it is (N_c/N)^alpha_N, for N without end (D_c/D)^alpha_D: straight lines in logarithms, which
is what it claims and what a floor would bend.
"""
from __future__ import annotations

from itertools import product

import numpy as np

from labgpt.laws import newton
from labgpt.laws import table as tables
from labgpt.laws.law import Law

POWERS = (0.05, 0.1, 0.2, 0.4, 0.8)  # starts of alpha_D
RATIOS = (0.3, 0.8, 1.5, 3.0)  # starts of alpha_N / alpha_D


class Kaplan(Law):
    """L = [(N_c/N)^(alpha_N/alpha_D) + D_c/D]^alpha_D. `Kaplan().fit(runs)`, then N_c_ ... alpha_D_, predict, interval."""

    names = ("N_c", "D_c", "alpha_N", "alpha_D")
    citation = "Kaplan et al. 2020, arXiv 2001.08361"
    offset = False

    def __init__(self, estimator: str = "huber"):
        if estimator == "varpro":
            raise ValueError("estimator = 'varpro': Kaplan's form is not linear given its exponents; allowed is huber, lad, ols")
        super().__init__(estimator)

    def fit(self, table, n="n_matmul", d="tokens", loss="val_loss", cluster="branch", bootstrap=200, delta=1e-3, level=0.95,
            rng=0) -> Kaplan:
        """As `Chinchilla.fit`."""
        self._fit(*tables.read(table, n, d, loss, cluster), bootstrap, delta, level, rng)
        return self

    # Inside, theta = [a, b, ratio, power]: log L = power * log(e^(a - ratio n) + e^(b - d)), n and d centred logarithms.

    def _model(self, axes) -> newton.Bent:
        n, d = (np.log(axis) - center for axis, center in zip(axes, self._center, strict=True))
        x = np.zeros((len(n), 2, 4))
        x[:, :, :2], x[:, 0, 2] = np.eye(2), -n
        return newton.Bent(x, np.stack([np.zeros(len(d)), -d], axis=1))

    def _grid(self, model, y) -> np.ndarray:
        """For each power and ratio the two coefficients by linear least squares on L^(1/power)."""
        starts = []
        for power, ratio in product(POWERS, RATIOS):
            scaled = (y / y.max()) ** (1 / power)
            terms = np.exp(np.stack([ratio * model.x[:, 0, 2], model.base[:, 1]], axis=1)) / scaled[:, None]
            found = np.clip(np.linalg.lstsq(terms, np.ones(len(y)), rcond=None)[0], 1e-6, None)
            starts.append([*(np.log(found) + np.log(y.max()) / power), ratio, power])
        return np.array(starts)

    def _box(self, log_y):
        return np.array([-700.0, -700.0, 0.02, newton.EXPONENTS[0]]), np.array([700.0, 700.0, 50.0, newton.EXPONENTS[1]])

    def _natural(self, theta):
        a, b, ratio, power = theta.T
        return np.stack([np.exp(np.clip(a / ratio + self._center[0], -700, 700)),
                         np.exp(np.clip(b + self._center[1], -700, 700)), ratio * power, power], axis=1)

    def _evaluate(self, parameters, axes):
        n_c, d_c, alpha_n, alpha_d = parameters.T[:, :, None]
        return ((n_c / np.asarray(axes[0])) ** (alpha_n / alpha_d) + d_c / np.asarray(axes[1])) ** alpha_d
