"""Many robust fits at once: a damped Newton method for models of log y, above all sums of powers.

The model of row i is log y_i = log sum_k exp(x_ik . theta): every power law is linear in theta inside the exponential.
Its derivatives are those of a softmax, so gradient and Hessian are exact and cheap, and one call fits a whole batch of
(start, resample) pairs: that is why this is not a library's optimiser, which would take the refits of a bootstrap
one by one.

The steps do not depend on the scale of the objective, and they end when the *gain a step can still promise* is nothing
beside the objective. Averaging the objective instead of summing it therefore changes nothing here; under an optimiser
with an absolute tolerance it stops the search near its start, the trap in the published Chinchilla fit (Besiroglu et
al. 2024, arXiv 2404.10102).
"""
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

EXPONENTS = (0.01, 4.0)  # where an exponent is looked for


class Curve(NamedTuple):
    """A model at S parameter vectors: log (S, n), slope d log / d theta (S, n, P), and bend: weights (S, n) -> the sum
    of its weighted second derivatives (S, P, P)."""

    log: np.ndarray
    slope: np.ndarray
    bend: Callable[[np.ndarray], np.ndarray]


class Powers:
    """log y_i = log sum_k exp(x_ik . theta + base_ik). x (n, K, P) features, base (n, K) what no parameter moves."""

    def __init__(self, x: np.ndarray, base: np.ndarray | float = 0.0):
        self.x, self.base = x, base
        by_term = x.transpose(1, 0, 2)  # rows innermost: numpy adds up K long rows faster than n short ones
        self._flat = by_term.reshape(-1, x.shape[2]).T
        self._outer = (by_term[:, :, :, None] * by_term[:, :, None, :]).reshape(-1, x.shape[2] ** 2)

    def shares(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """log y (S, n) and each term's share of it (S, K, n)."""
        n, k, _ = self.x.shape
        terms = (theta @ self._flat).reshape(len(theta), k, n) + np.swapaxes(np.broadcast_to(self.base, (n, k)), 0, 1)
        top = terms.max(axis=1, keepdims=True)
        share = np.exp(np.subtract(terms, top, out=terms), out=terms)
        total = share.sum(axis=1, keepdims=True)
        share /= total
        return (top + np.log(total))[:, 0], share

    def log(self, theta: np.ndarray) -> np.ndarray:
        return self.shares(theta)[0]

    def curve(self, theta: np.ndarray) -> Curve:
        log, share = self.shares(theta)
        slope = np.ascontiguousarray(np.matmul(share.transpose(2, 0, 1), self.x).transpose(1, 0, 2))

        def bend(c):
            flat = (c[:, None, :] * share).reshape(len(theta), -1) @ self._outer
            return flat.reshape(-1, theta.shape[1], theta.shape[1]) - gram(slope, c)

        return Curve(log, slope, bend)


class Bent(Powers):
    """log y_i = c * log sum_k exp(x_ik . theta + base_ik), c the last of theta (its features are zero): Kaplan's form."""

    def log(self, theta: np.ndarray) -> np.ndarray:
        return theta[:, -1:] * super().log(theta)

    def curve(self, theta: np.ndarray) -> Curve:
        inner, c = super().curve(theta), theta[:, -1:]
        slope = c[:, :, None] * inner.slope
        slope[:, :, -1] += inner.log

        def bend(w):
            out = inner.bend(w * c)
            cross = np.einsum("sn,snp->sp", w, inner.slope)
            out[:, -1, :] += cross
            out[:, :, -1] += cross
            return out

        return Curve(c * inner.log, slope, bend)


def gram(slope: np.ndarray, c: np.ndarray) -> np.ndarray:
    """sum_i c_i slope_i slope_i' (S, P, P)."""
    return np.matmul((c[:, :, None] * slope).transpose(0, 2, 1), slope)


def huber(r: np.ndarray, delta: float) -> np.ndarray:
    """r^2/2 within delta, delta (|r| - delta/2) beyond; delta=inf is least squares."""
    inner = np.minimum(np.abs(r), delta)
    return inner * (np.abs(r) - inner / 2)


class Point(NamedTuple):
    """The objective at S parameter vectors: value (S,), gradient (S, P), Hessian and damper (S, P, P)."""

    value: np.ndarray
    gradient: np.ndarray
    hessian: np.ndarray
    damper: np.ndarray


def value(model, y, w, theta, delta) -> np.ndarray:
    return (w * huber(model.log(theta) - y, delta)).sum(axis=1)


def derivatives(model, y, w, theta, delta) -> Point:
    """See Point. The damper is Gauss-Newton's matrix under weights min(1, delta/|r|), plus the size of the Hessian's
    diagonal: where a term has almost vanished the first is nearly zero and the Hessian is not."""
    at = model.curve(theta)
    r = at.log - y
    size, pull = np.maximum(np.abs(r), 1e-300), w * np.clip(r, -delta, delta)
    hessian = gram(at.slope, w * (np.abs(r) <= delta)) + at.bend(pull)
    diagonal = np.abs(np.einsum("spp->sp", hessian))
    return Point(value=(w * huber(r, delta)).sum(axis=1),
                 gradient=np.matmul(pull[:, None, :], at.slope)[:, 0],
                 hessian=hessian,
                 damper=gram(at.slope, w * np.minimum(1.0, delta / size)) + diagonal[:, :, None] * np.eye(theta.shape[1]))


def minimise(model, y, w, theta, delta, low, high, steps: int = 200, tol: float = 1e-13) -> tuple[np.ndarray, np.ndarray]:
    """Minimise sum_i w_i huber(r_i) within the box [low, high]; returns theta (S, P) and the objective (S,).

    model: Powers, or anything with its `log` and `curve`. y (n,) log data, w (S, n) row weights (a resample is a vector of
    counts), theta (S, P) starts, low/high (P,) or (S, P); low = high holds a parameter where it is.
    Each step solves (H + damping M) s = -g, with M the damper: a short robust Gauss-Newton step when the damping is
    large, Newton's when it is small. A coordinate that lies on the box and is pushed outwards is held for the step.
    """
    theta = np.clip(np.array(theta, float), low, high)
    low, high = (np.broadcast_to(edge, theta.shape) for edge in (low, high))
    now = value(model, y, w, theta, delta)
    damping = np.full(len(theta), 1e-2)
    live = np.arange(len(theta))
    for _ in range(steps):
        if not len(live):
            break
        here = derivatives(model, y, w[live], theta[live], delta)
        step, promise = _step(here, damping[live], theta[live], low[live], high[live])
        trial = np.clip(theta[live] + step, low[live], high[live])
        new = value(model, y, w[live], trial, delta)
        better = new < here.value
        theta[live[better]], now[live[better]] = trial[better], new[better]
        damping[live] = np.clip(np.where(better, damping[live] / 5, damping[live] * 6), 1e-12, None)
        # a rejected step ends the search only if it was short already: a long one may promise nothing and miss the gain
        spent = (promise <= tol * here.value) & (better | (damping[live] > 1))
        live = live[~(spent | (damping[live] > 1e12) | (now[live] < 1e-28))]
    return theta, now


def _step(here: Point, damping, theta, low, high) -> tuple[np.ndarray, np.ndarray]:
    """The damped Newton step (S, P) and the gain it promises to first order (S,)."""
    held = ((theta <= low) & (here.gradient >= 0)) | ((theta >= high) & (here.gradient <= 0))
    diagonal = np.einsum("spp->sp", here.damper)
    unit = np.sqrt(np.maximum(diagonal, 1e-14 * diagonal.max(axis=1, keepdims=True) + 1e-290))
    free = ~held / unit  # in units of the damper's diagonal, so that one ridge fits all; held coordinates drop out
    matrix = (here.hessian + damping[:, None, None] * here.damper) * free[:, :, None] * free[:, None, :]
    matrix += (1e-13 + held)[:, :, None] * np.eye(theta.shape[1])
    step = -free * np.linalg.solve(matrix, (free * here.gradient)[:, :, None])[:, :, 0]
    step = np.clip(np.nan_to_num(step), -2.0, 2.0)
    return step, np.abs((here.gradient * step).sum(axis=1))
