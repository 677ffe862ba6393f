"""What the laws share: the robust multi-start fit, its bootstrap, and the ranges both give.

A law is y = E + sum_k A_k / x_k^alpha_k, with one axis (`PowerLaw`) or two (`Chinchilla`), E possibly left out. Inside,
an axis is centred at its mean logarithm, so that a coefficient and its exponent stop trading places: the plain form has
a condition number near 1e11 (Czech et al. 2026, arXiv 2603.22339).
"""
from __future__ import annotations

from copy import copy
from itertools import product

import numpy as np

from labgpt.laws import doubt, newton, table

DELTAS = {"huber": 1e-3, "lad": 1e-8, "ols": np.inf, "varpro": np.inf}  # on log residuals; beyond it a point only tugs
STARTS = (0.1, 0.3, 0.6, 1.0, 1.6)
FEW_SIZES, FEW_CLUSTERS = 5, 6
PILOT, CHUNK = 100, 60_000  # resamples fitted from every start; rows of the resamples that share a batch, so that it stays in cache


class Law:
    """Base of the fitted laws: a subclass sets `names`, calls `_fit`, adds `predict`. Names ending in _ need a fit.

    estimator: "huber" (Huber loss on log residuals), "lad" (its limit, least absolute deviation), "ols" (least squares
    on logarithms), or "varpro" (least squares on the loss itself, by variable projection).
    """

    names: tuple[str, ...] = ()  # [E,] coefficients, exponents
    axes: tuple[str, ...] = ("N", "D")  # what a law of given constants calls its axes
    citation = ""
    offset = True
    tied = False  # one exponent for all axes

    def __init__(self, estimator: str = "huber"):
        if estimator not in DELTAS:
            raise ValueError(f"estimator = {estimator!r}: it must be one of {', '.join(DELTAS)}; huber is usual")
        self.estimator = estimator

    @classmethod
    def of(cls, *values: float, **named: float) -> Law:
        """A law with given constants, such as published ones, in the order of `names` or by name: predicts, has no ranges."""
        law = cls(offset=False) if named and "E" in set(cls.names) - set(named) else cls()
        given = dict(zip(law.names, values)) | named
        if set(given) != set(law.names) or len(given) != len(values) + len(named):
            raise ValueError(f"constants = {', '.join(given)}: {', '.join(law.names)} are needed, each once")
        return law._given([given[name] for name in law.names])

    def _given(self, constants) -> Law:
        """Constants, in the order of `names`, in place of a fit."""
        self._values = table.numbers(constants, ", ".join(self.names))
        for name, value in zip(self.names, self._values, strict=True):
            setattr(self, f"{name}_", float(value))
        self.draws_, self._axes, self.warnings_, self.level = np.empty((0, len(self.names))), list(self.axes), [], 0.95
        return self

    def _fit(self, axes: dict[str, np.ndarray], y, cluster, bootstrap, delta, level, rng) -> None:
        """axes: name -> (n,); y (n,); cluster (n,) integers. Sets theta_, draws_ (R, P), residuals_ (n,), warnings_."""
        _check(bootstrap, delta, level)
        self.level = level
        self.delta_ = float(delta) if self.estimator == "huber" else DELTAS[self.estimator]
        self.n_points_, self.n_clusters_ = len(y), int(cluster.max()) + 1
        self._axes, points = list(axes), list(axes.values())
        self.data_ = {"axes": points, "y": y, "cluster": cluster}
        self._center = np.array([np.log(x).mean() for x in points])
        model, log_y = self._model(points), np.log(y)
        self._low, self._high = self._box(log_y)
        grid = self._grid(model, y)
        self._theta, objective = self._solve(model, log_y, np.ones((1, len(y))), grid)
        self._values, self.objective_ = self._natural(self._theta)[0], float(objective[0])
        for name, value in zip(self.names, self._values, strict=True):
            setattr(self, f"{name}_", float(value))
        self.residuals_ = log_y - model.log(self._theta)[0]
        if self.estimator == "lad":
            self.objective_ = float(np.abs(self.residuals_).sum())
        self.rms_ = float(np.sqrt(np.mean(self.residuals_**2)))
        draws, self.redrawn_ = np.empty((0, len(self.names))), 0
        if bootstrap:
            need = min(self._distinct(), *(len(np.unique(p)) for p in points))
            weights, self.redrawn_ = table.resamples(cluster, points, bootstrap, np.random.default_rng(rng), need)
            draws = self._refit(model, log_y, weights, self._warm(model, log_y, self._theta[0], grid))
        self.draws_ = self._natural(draws)
        self.warnings_ = self._warn(points, self._theta, draws)

    def _solve(self, model, log_y, weights, starts) -> tuple[np.ndarray, np.ndarray]:
        """The best theta (R, P) and objective (R,) for each row of weights (R, n), from every one of the starts (G, P).

        Each start walks from least squares, which is smooth, down to the threshold asked for.
        """
        if self.estimator == "varpro":
            from labgpt.laws import varpro
            return varpro.solve(model.x, np.exp(log_y), weights, starts, newton.EXPONENTS)
        r, g = len(weights), len(starts)
        w, theta = np.repeat(weights, g, axis=0), np.tile(starts, (r, 1))
        for delta in [d for d in (np.inf, 1e-2, 1e-4, 1e-6) if d > self.delta_] + [self.delta_]:
            tol = 1e-13 if delta == self.delta_ else 1e-6  # on the way, near is enough
            theta, value = newton.minimise(model, log_y, w, theta, delta, self._low, self._high, tol=tol)
        best = np.arange(r) * g + value.reshape(r, g).argmin(axis=1)
        return theta[best], value[best]

    def _refit(self, model, log_y, weights, starts) -> np.ndarray:
        """theta (R, P) of the resamples. The first PILOT are fitted from all the starts. If from the whole table's optimum
        alone, with no walk, each of them ends as low, the others take that way, which is 20 times as fast."""
        first = min(PILOT, len(weights))
        theta, value = self._solve(model, log_y, weights[:first], starts)
        if len(weights) == first:
            return theta

        def quick(some):
            return newton.minimise(model, log_y, some, np.tile(starts[0], (len(some), 1)), self.delta_, self._low, self._high)

        sure = self.estimator != "varpro" and np.all(quick(weights[:first])[1] <= value * (1 + 1e-6))
        way = quick if sure else lambda some: self._solve(model, log_y, some, starts)
        chunks = np.array_split(weights[first:], -(-(len(weights) - first) * len(log_y) // CHUNK))
        return np.concatenate([theta, *(way(chunk)[0] for chunk in chunks)])

    def _grid(self, model, y: np.ndarray) -> np.ndarray:
        """Starts (G, P): every combination of exponents, each with its coefficients by linear least squares."""
        starts, k = [], model.x.shape[2] - model.x.shape[1]
        for alphas in product(STARTS, repeat=k):
            terms = np.exp(model.x[:, :, model.x.shape[1]:] @ np.array(alphas)) / y[:, None]
            scale = np.linalg.lstsq(terms, np.ones(len(y)), rcond=None)[0]
            starts.append([*np.log(np.clip(scale, 1e-3 * y.min(), y.max())), *alphas])
        return np.array(starts)

    @staticmethod
    def _warm(model, log_y, optimum, grid) -> np.ndarray:
        """Starts of a refit (3, P): the whole table's optimum, the grid's best, and its flattest exponents.

        The flattest find the resamples that see no floor; from there on all 25 starts found nothing better than these
        three in 98 % of resamples, and a sum lower by less than .1 % in the rest.
        """
        r = model.log(grid) - log_y
        return np.stack([optimum, grid[(r**2).sum(axis=1).argmin()], grid[0]])

    # Inside, theta = [log E,] log A_k at the centre of axis k, alpha_k (one alpha where the exponents are tied).

    def _model(self, axes) -> newton.Powers:
        return newton.Powers(self._features(axes))

    def _distinct(self) -> int:
        """How many different values an axis needs to place its curve."""
        return 2 + self.offset

    def _features(self, axes) -> np.ndarray:
        """(n, K, P): the logarithm of term t in row i is features[i, t] . theta."""
        k, o = len(axes), int(self.offset)
        x = np.zeros((len(axes[0]), o + k, o + k + (1 if self.tied else k)))
        x[:, :, :o + k] = np.eye(o + k)
        for i, axis in enumerate(axes):
            x[:, o + i, o + k + (0 if self.tied else i)] = self._center[i] - np.log(axis)
        return x

    def _box(self, log_y) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds (P,): terms within a millionth of the smallest loss and about the largest."""
        terms = int(self.offset) + len(self._center)
        slopes = len(self.names) - terms
        return (np.array([log_y.min() - 14] * terms + [newton.EXPONENTS[0]] * slopes),
                np.array([log_y.max() + 1] * terms + [newton.EXPONENTS[1]] * slopes))

    def _natural(self, theta: np.ndarray) -> np.ndarray:
        """theta (S, P) as the parameters in `names` (S, P)."""
        k, o = len(self._center), int(self.offset)
        alphas = theta[:, o + k:]
        return np.hstack([np.exp(theta[:, :o]), np.exp(theta[:, o:o + k] + alphas * self._center), alphas])

    def _evaluate(self, parameters: np.ndarray, axes) -> np.ndarray:
        """The law for parameters (S, P) at axes, arrays of one shape (m,): (S, m)."""
        k, o = len(axes), int(self.offset)
        out = parameters[:, :o].sum(axis=1, keepdims=True)
        for i, axis in enumerate(axes):
            alpha = parameters[:, o + k + (0 if self.tied else i), None]
            out = out + parameters[:, o + i, None] * np.asarray(axis)[None] ** -alpha
        return out

    def gradient(self, *axes) -> np.ndarray:
        """d law / d parameters (m, P) at axes, exact to the last digits (a complex step: Squire & Trapp 1998)."""
        values, (flat, _) = self._fitted(), self._flat(axes)
        return np.imag(self._evaluate(values + 1e-200j * np.eye(len(values)), flat)).T / 1e-200

    def subset(self, rows) -> Law:
        """The same form fitted to some rows of its own table, a mask or indices, without a bootstrap."""
        again, axes = copy(self), {name: x[rows] for name, x in zip(self._axes, self.data_["axes"], strict=True)}
        _, cluster = np.unique(self.data_["cluster"][rows], return_inverse=True)
        again._fit(axes, self.data_["y"][rows], cluster, 0, self.delta_ if self.estimator == "huber" else 1e-3, self.level, 0)
        return again

    def profile(self, name: str) -> tuple[float, float]:
        """The profile range of a parameter; see `doubt.profile`. It says how flat the fit is, not how runs differ."""
        return doubt.profile(self, name)

    def doubts(self) -> list[str]:
        """Plain sentences about residuals, outliers, flat directions and the largest runs; see `doubt`. Takes about a second."""
        return doubt.doubts(self)

    @property
    def params(self) -> dict[str, float]:
        return dict(zip(self.names, map(float, self._fitted()), strict=True))

    def interval(self, name: str) -> tuple[float, float]:
        """The percentile range of a parameter at the fit's level."""
        if name not in self.names:
            raise ValueError(f"name = {name!r}: it must be one of {', '.join(self.names)}")
        return self._range(self._drawn()[:, self.names.index(name)])

    def to_dict(self) -> dict[str, dict[str, float | None]]:
        """{name: {value, low, high}}; low and high are None after a fit without a bootstrap."""
        params = self.params
        ranges = {name: self.interval(name) if len(self.draws_) else (None, None) for name in params}
        return {name: {"value": params[name], "low": low, "high": high} for name, (low, high) in ranges.items()}

    def _fitted(self) -> np.ndarray:
        if not hasattr(self, "_values"):
            raise ValueError(f"{type(self).__name__} is not fitted: call fit(...) first")
        return self._values

    def _drawn(self) -> np.ndarray:
        self._fitted()
        if not len(self.draws_):
            raise ValueError("bootstrap = 0: this fit has no ranges; fit again with bootstrap=200")
        return self.draws_

    def _range(self, sample) -> tuple[float, float]:
        tail = (1 - self.level) / 2
        low, high = np.quantile(sample, [tail, 1 - tail])
        return float(low), float(high)

    def predict(self, *axes):
        """The law at axes (N parameters and D tokens, where it has two), arrays that broadcast, or numbers; losses in nats a token."""
        values = self._fitted()
        flat, shape = self._flat(axes)
        return self._evaluate(values[None], flat)[0].reshape(shape)[()]

    def predict_interval(self, *axes):
        """(low, high) for one *measured* value at axes, doubt about the law and scatter of single runs together: each bootstrap law
        times each residual, these widened by sqrt(n/(n-P))."""
        drawn = self._drawn()
        flat, shape = self._flat(axes)
        spread = np.sqrt(self.n_points_ / max(1, self.n_points_ - len(self.names)))
        noise = np.exp(spread * self.residuals_)
        each = [self._range(np.outer(law, noise)) for law in self._evaluate(drawn, flat).T]
        low, high = np.array(each).T.reshape(2, *shape)
        return low[()], high[()]

    def _flat(self, axes):
        arrays = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in axes))
        return [table.numbers(a, name) for a, name in zip(arrays, self._axes, strict=True)], arrays[0].shape

    def _warn(self, axes, theta, draws) -> list[str]:
        """Plain sentences about what this table cannot say."""
        k, said = len(theta[0]) - len(axes) - int(self.offset), []
        for name, axis in zip(self._axes, axes, strict=True):
            if (sizes := len(np.unique(axis))) < FEW_SIZES:
                said.append(f"Only {sizes} different values of {name}: its exponent is a guess below {FEW_SIZES}.")
        if len(axes) == 2 and abs(np.corrcoef(np.log(axes[0]), np.log(axes[1]))[0, 1]) > 0.98:
            said.append(f"{self._axes[0]} and {self._axes[1]} rise together: their exponents cannot be told apart.")
        if len(draws) and self.n_clusters_ < FEW_CLUSTERS:
            said.append(f"Only {self.n_clusters_} clusters to resample: the ranges are too narrow.")
        if self.redrawn_ > 0.1 * len(draws) and self.redrawn_:
            said.append(f"{self.redrawn_} resamples held too few different sizes and were drawn again.")
        if self.offset and theta[0, 0] < self._low[0] + 3:
            said.append("E lies at zero: these points do not show a floor.")
        elif self.offset and len(draws) and np.mean(draws[:, 0] < self._low[0] + 3) > 0.01:
            said.append("E's range reaches zero: these points do not show a floor for sure.")
        edges = [name for name, value in zip(self.names[-k:], theta[0, -k:], strict=True)
                 if not newton.EXPONENTS[0] * 1.01 < value < newton.EXPONENTS[1] * 0.99]
        return said + [f"{name} lies at the edge of its search, {newton.EXPONENTS}: do not trust it." for name in edges]


def _check(bootstrap, delta, level) -> None:
    if isinstance(bootstrap, bool) or not isinstance(bootstrap, int | np.integer) or bootstrap < 0:
        raise ValueError(f"bootstrap = {bootstrap!r}: it must be a whole number of resamples, 0 for none; 200 is usual")
    if not isinstance(delta, int | float) or not delta > 0:
        raise ValueError(f"delta = {delta!r}: it must be a threshold > 0 on log residuals; 1e-3 is usual")
    if not isinstance(level, int | float) or not 0 < level < 1:
        raise ValueError(f"level = {level!r}: it must lie between 0 and 1; .95 is usual")
