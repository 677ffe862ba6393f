"""What a fit can't say, said: outliers, residuals with a shape, flat directions, the largest runs, forms that can't be told apart."""
from math import sqrt
from statistics import NormalDist

import numpy as np

from labgpt.laws import newton

FAR = 8.0  # robust standard deviations beyond which a row is named
SHAPE = 4.0  # t of a bend in the residuals


def doubts(law) -> list[str]:
    """Sentences; a row is named by its number."""
    said = [f"row {i} lies {100 * np.expm1(r):+.1f} % off the law, {far:.0f} times most rows' scatter: look at "
            "that run" for i, r, far in outliers(law)[:5]]
    said += [f"residuals bend along {name} (ends {-100 * bend:+.2f} % against the middle): the form misses something there"
             for name, bend in bends(law)]
    for name in _inside(law):
        if law.rms_ < 1e-6:
            break
        low, high = profile(law, name)
        if not np.isfinite(high) or (low <= 0 if name == "E" else low <= newton.EXPONENTS[0] * 1.01):
            said.append(f"{name} is not pinned down: values from {low:.3g} to {high:.3g} fit these points about as well")
    if (left := largest(law)) is not None and abs(left[0]) > 3 * max(_scatter(law), 1e-6):
        said.append(f"fitted without the {left[1]} largest runs, the law misses them by {100 * left[0]:+.1f} %, over 3 times its scatter")
    return said


def outliers(law) -> list[tuple[int, float, float]]:
    """(row, log residual, robust standard deviations) of the rows that lie far off, the worst first."""
    r, scatter = law.residuals_ - np.median(law.residuals_), _scatter(law)
    if scatter < 1e-9:
        return []
    return [(int(i), float(r[i]), float(abs(r[i]) / scatter)) for i in np.argsort(-np.abs(r)) if abs(r[i]) > FAR * scatter]


def _scatter(law) -> float:
    """The standard deviation of the residuals' bulk: 1.48 times their median distance from the median."""
    return float(1.4826 * np.median(np.abs(law.residuals_ - np.median(law.residuals_))))


def bends(law) -> list[tuple[str, float]]:
    """(axis, bend) where the residuals of the bulk curve along log axis: middle minus ends, as a share of the loss."""
    far, found = {i for i, *_ in outliers(law)}, []
    keep = np.array([i not in far for i in range(law.n_points_)])
    for name, axis in zip(law._axes, law.data_["axes"], strict=True):
        x = np.log(axis[keep])
        if len(np.unique(x)) < 4 or law.rms_ < 1e-6:
            continue
        x = (x - x.mean()) / (np.ptp(x) / 2)
        (curve, *_), covariance = np.polyfit(x, law.residuals_[keep], 2, cov=True)
        if abs(curve) > SHAPE * np.sqrt(covariance[0, 0]):
            found.append((name, float(-curve)))
    return found


def largest(law, share: float = 0.1) -> tuple[float, int] | None:
    """(mean relative error, rows) of the law fitted without the largest runs, on those; None where too few would stay.

    Largest: by the product of the axes, so by compute where they are N and D.
    """
    axes, need = law.data_["axes"], law._distinct()
    size = sum(map(np.log, axes))
    out = size > np.quantile(size, 1 - share)
    if not out.any() or (~out).sum() <= len(law.names) + 1 or min(len(np.unique(x[~out])) for x in axes) < need:
        return None
    smaller = law.subset(~out)
    predicted = smaller.predict(*(x[out] for x in axes))
    return float(np.mean(predicted / law.data_["y"][out]) - 1), int(out.sum())


def _inside(law) -> dict[str, int]:
    """The parameters that are coordinates of the search: E (as its logarithm) and the exponents."""
    if not {"alpha"} & set(law.names):
        return {}
    first = len(law.names) - sum(name in ("alpha", "beta") for name in law.names)
    return ({"E": 0} if law.offset else {}) | {name: first + i for i, name in enumerate(law.names[first:])}


def profile(law, name: str) -> tuple[float, float]:
    """The values of E or an exponent at which the best fit of all else is not yet worse than chance allows, at the fit's level.

    Least squares: n log of the objective's ratio against chi-square; Huber and absolute deviations, Laplace's likelihood: 2 n log
    (Venzon & Moolgavkar 1988). It takes rows as independent. An end is 0 or inf where nothing in the search is worse enough.
    """
    inside = _inside(law)
    if name not in inside:
        raise ValueError(f"name = {name!r}: a profile is taken of {', '.join(inside) or 'E and the exponents, which this form lacks'}")
    if law.estimator == "varpro":
        raise ValueError("estimator = 'varpro': has no profile; allowed is huber, lad or ols")
    j, model, log_y = inside[name], law._model(law.data_["axes"]), np.log(law.data_["y"])
    power = law.n_points_ * (1 if law.estimator == "ols" else 2)
    chi_square = NormalDist().inv_cdf((1 + law.level) / 2) ** 2  # its quantile with one degree of freedom
    limit = newton.value(model, log_y, 1.0, law._theta, law.delta_)[0] * np.exp(chi_square / power)
    best, ends = law._theta[0, j], []
    for edge in (law._low[j], law._high[j] if name != "E" else log_y.min() + 0.3):
        near, far = best, edge
        for _ in range(3):  # 24 values from the optimum outwards, then between the two where the fit becomes worse
            at = near + (far - near) * np.linspace(0, 1, 25)[1:] ** 2
            low, high = np.tile(law._low, (24, 1)), np.tile(law._high, (24, 1))
            low[:, j] = high[:, j] = at
            _, value = newton.minimise(model, log_y, np.ones((24, len(log_y))), np.tile(law._theta, (24, 1)), law.delta_, low, high)
            worse = np.flatnonzero(value > limit)
            if not len(worse):
                near = None
                break
            near, far = (at[worse[0] - 1] if worse[0] else near), at[worse[0]]
        ends.append(near)
    low, high = ((np.exp(e) if name == "E" else e) if e is not None else none for e, none in zip(ends, (0.0, np.inf), strict=True))
    return float(low), float(high)


def compare(first, second, folds: int = 10) -> tuple[float, float, str]:
    """Cross-validate two laws fitted to the same table: (mean difference of |log error|, its standard error, a sentence).

    Folds are of whole clusters; the largest and smallest values of an axis may be left out, so forms have to extrapolate.
    """
    if not np.array_equal(first.data_["y"], second.data_["y"]):
        raise ValueError("first and second were fitted to different tables: fit both forms to the same rows")
    cluster, y = first.data_["cluster"], np.log(first.data_["y"])
    fold = np.random.default_rng(0).permutation(first.n_clusters_)[cluster] % min(folds, first.n_clusters_)
    errors = np.zeros((2, len(y)))
    for k in np.unique(fold):
        out = fold == k
        for i, law in enumerate((first, second)):
            errors[i, out] = np.abs(np.log(law.subset(~out).predict(*(x[out] for x in law.data_["axes"]))) - y[out])
    by = np.array([(errors[0] - errors[1])[cluster == c].mean() for c in range(first.n_clusters_)])
    mean, error = float(by.mean()), float(by.std(ddof=1) / sqrt(len(by)))
    names = [f"{type(law).__name__}({', '.join(law.names)})" for law in (first, second)]
    if abs(mean) <= 2 * error:
        return mean, error, f"these points can't distinguish {names[0]} from {names[1]}: errors differ by {mean:+.2g} ± {2 * error:.2g}"
    better = names[0] if mean < 0 else names[1]
    return mean, error, f"{better} predicts left-out runs better, by {abs(mean):.2g} ± {2 * error:.2g} of the loss"
