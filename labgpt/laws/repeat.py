"""Repeated data: N parameters trained on D tokens of which only U are different. Two answers to what the repeats are worth.

`decay` (Muennighoff et al. 2023, arXiv 2305.16264, equations 5 and 6): a repeat is worth less each time, and so are
parameters beyond what U tokens can feed: D' = U + U R (1 - exp(-r/R)), r = D/U - 1 the repeats, R how many of them count;
N' likewise. The loss never rises with D. `additive` (after Lovelace et al. 2026, arXiv 2605.01640, that a penalty is *added*;
the shape below is ours): E + A/N^alpha + B/D^beta + P r^kappa (N/U)^lambda. It can rise: overfitting.

Both stand on a Chinchilla law of the runs that do not repeat. How much repeats count is often a guess: ask for the interval.
"""
from __future__ import annotations

from itertools import product

import numpy as np

from labgpt.laws import newton
from labgpt.laws import table as tables
from labgpt.laws.chinchilla import Chinchilla
from labgpt.laws.law import Law

# Muennighoff et al. 2023, unrounded as in their code: the base law's log E, log A, log B, alpha = beta; then R_D and R_N
PUBLISHED = (0.6254804, 6.255414, 7.3049974, 0.3526596), (15.387756, 5.309743)
REACH = (-4.0, 12.0)  # logarithms of R_D and R_N that are tried: beyond, nothing is lost, or everything


class Repeated(Law):
    """The law of repeated data on `base`. `Repeated(base).fit(runs, unique="unique_tokens")`, then predict(N, D, U)."""

    citation = "Muennighoff et al. 2023, arXiv 2305.16264; Lovelace et al. 2026, arXiv 2605.01640"
    axes, offset = ("N", "D", "U"), False

    def __init__(self, base: Chinchilla, how: str = "decay", estimator: str = "huber"):
        if how not in ("decay", "additive") or estimator == "varpro":
            raise ValueError(f"how = {how!r}, estimator = {estimator!r}: allowed is decay or additive, and huber, lad or ols")
        super().__init__(estimator)
        base._fitted()
        self.base, self.how = base, how
        self.names = ("R_D", "R_N") if how == "decay" else ("P", "kappa", "lambda")

    def fit(self, table, n="n_matmul", d="tokens", loss="val_loss", unique="unique_tokens", cluster="branch", bootstrap=200,
            delta=1e-3, level=0.95, rng=0) -> Repeated:
        """As `Chinchilla.fit`, with a column of different tokens. ValueError also where no row repeats its tokens twice."""
        axes, L, groups = tables.read(table, n, d, loss, cluster)
        U = tables.column(table, unique)
        tables.same_length(**{unique: U, loss: L})
        if not (axes[d] > 1.5 * U).any():
            raise ValueError(f"{unique}: no row has {d} above 1.5 {unique}; fit runs that repeat their tokens")
        self._fit(axes | {unique: np.minimum(U, axes[d])}, L, groups, bootstrap, delta, level, rng)
        return self

    @classmethod
    def published(cls) -> Repeated:
        """The decay law with Muennighoff et al.'s constants: predicts, and has no ranges."""
        (E, A, B, alpha), constants = PUBLISHED
        return cls(Chinchilla.of(*np.exp([E, A, B]), alpha, alpha))._given(constants)

    def predict(self, N, D, U):
        """The loss of N parameters after D tokens of which U are different."""
        return super().predict(N, D, np.minimum(U, D))

    def predict_interval(self, N, D, U):
        """(low, high) for one *measured* loss; the base law is taken as it is."""
        return super().predict_interval(N, D, np.minimum(U, D))

    def worth(self, epochs, R_D: float | None = None):
        """D'/D: what share of the tokens counts after so many passes over the same ones (R_D: another than the fitted one)."""
        r, R = np.asarray(epochs, float) - 1, self.R_D_ if R_D is None else R_D
        return (1 + R * -np.expm1(-r / R)) / (1 + r)

    def _distinct(self) -> int:
        return 2

    def _model(self, axes):
        if self.how == "decay":
            return _Decay(self.base, axes)
        N, D, U = axes
        with np.errstate(divide="ignore"):
            r = np.maximum(np.log(D / U - 1), -700)
        x = np.zeros((len(N), 2, 3))
        x[:, 1, 0], x[:, 1, 1], x[:, 1, 2] = 1, r, np.log(N / U)
        return newton.Powers(x, np.stack([np.log(self.base.predict(N, D)), np.where(r > -700, 0, -700.0)], axis=1))

    def _grid(self, model, y):
        if self.how == "decay":
            return np.array(list(product((0.0, 2.0, 4.0), repeat=2)))
        return np.array(list(product((-6.0, -3.0, 0.0), (0.5, 1.0, 2.0), (0.1, 0.5, 1.0))))

    def _box(self, log_y):
        if self.how == "decay":
            return np.full(2, REACH[0]), np.full(2, REACH[1])
        return np.array([-30.0, 0.05, -2.0]), np.array([20.0, 4.0, 4.0])

    def _natural(self, theta):
        return np.exp(theta) if self.how == "decay" else np.hstack([np.exp(theta[:, :1]), theta[:, 1:]])

    def _evaluate(self, parameters, axes):
        if self.how == "decay":
            n, d = (where[0] for where in _effective(self.base, axes, *parameters.T[:, :, None]))
            return self.base.E_ + self.base.A_ * n**-self.base.alpha_ + self.base.B_ * d**-self.base.beta_
        N, D, U = (np.asarray(axis)[None] for axis in axes)
        p, kappa, lam = parameters.T[:, :, None]
        return self.base.predict(N, D) + np.where(D > U, p * np.maximum(D / U - 1, 1e-300) ** kappa * (N / U) ** lam, 0)

    def _warn(self, axes, theta, draws) -> list[str]:
        low, high = self._box(None)
        edge = [n for n, v, a, b in zip(self.names, theta[0], low, high, strict=True) if not a + 0.1 < v < b - 0.1]
        return [f"{name} lies at the edge of its search: these points do not show it." for name in edge]


def _effective(base, axes, R_D, R_N):
    """((N', dN'/dlog R_N), (D', dD'/dlog R_D)) for arrays that broadcast. U feeds N_opt(U) parameters at most."""
    N, D, U = (np.asarray(axis, float) for axis in axes)
    fed = (base.alpha_ * base.A_ / (base.beta_ * base.B_) * U**base.beta_) ** (1 / base.alpha_)
    out = []
    for have, first, R in ((N, np.minimum(fed, N), R_N), (D, U, R_D)):
        decay = np.exp(-(have / first - 1) / R)
        out.append((first * (1 + R * (1 - decay)), first * (R * (1 - decay) - (have / first - 1) * decay)))
    return out


class _Decay:
    """The decay law as `newton` takes it; theta = [log R_D, log R_N]. Its bend is left out: Gauss-Newton steps."""

    def __init__(self, base, axes):
        self.base, self.axes = base, axes

    def curve(self, theta) -> newton.Curve:
        b, (R_D, R_N) = self.base, np.exp(theta).T[:, :, None]
        (n, dn), (d, dd) = _effective(b, self.axes, R_D, R_N)
        loss = b.E_ + b.A_ * n**-b.alpha_ + b.B_ * d**-b.beta_
        slope = np.stack([-b.beta_ * b.B_ * d ** (-b.beta_ - 1) * dd, -b.alpha_ * b.A_ * n ** (-b.alpha_ - 1) * dn], axis=2)
        return newton.Curve(np.log(loss), slope / loss[:, :, None], lambda c: np.zeros((len(theta), 2, 2)))

    def log(self, theta):
        return self.curve(theta).log
