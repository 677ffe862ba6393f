"""Many robust fits at once: a damped Newton method for models that are a sum of powers, in logarithms.

The model of row i is log y_i = log sum_k exp(x_ik . theta): every power law is linear in theta inside the exponential.
Its derivatives are those of a softmax, so gradient and Hessian are exact and cheap, and one call fits a whole batch of
(start, resample) pairs: that is why this is not a library's optimiser, which would take the 200 refits of a bootstrap
one by one.

The steps do not depend on the scale of the objective, and they end when the *gain a step can still promise* is nothing
beside the objective. Averaging the objective instead of summing it therefore changes nothing here; under an optimiser
with an absolute tolerance it stops the search near its start, the trap in the published Chinchilla fit (Besiroglu et
al. 2024, arXiv 2404.10102).
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Point(NamedTuple):
    """The objective at S parameter vectors: value (S,), gradient (S, P), Hessian and damper (S, P, P)."""

    value: np.ndarray
    gradient: np.ndarray
    hessian: np.ndarray
    damper: np.ndarray


def residuals(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log residuals model - data (S, n) and each term's share of the model (S, n, K).

    x (n, K, P) features, y (n,) log targets, theta (S, P).
    """
    n, k, p = x.shape
    terms = (theta @ x.reshape(n * k, p).T).reshape(len(theta), n, k)
    top = terms.max(axis=2, keepdims=True)
    share = np.exp(terms - top)
    total = share.sum(axis=2, keepdims=True)
    return (top + np.log(total))[:, :, 0] - y, share / total


def huber(r: np.ndarray, delta: float) -> np.ndarray:
    """r^2/2 within delta, delta (|r| - delta/2) beyond; delta=inf is least squares."""
    inner = np.minimum(np.abs(r), delta)
    return inner * (np.abs(r) - inner / 2)


def _value(x, y, w, theta, delta) -> np.ndarray:
    return (w * huber(residuals(x, y, theta)[0], delta)).sum(axis=1)


def _derivatives(x, y, w, theta, delta) -> Point:
    """See Point. The damper is Gauss-Newton's matrix under weights min(1, delta/|r|), plus the size of the Hessian's
    diagonal: where a term has almost vanished the first is nearly zero and the Hessian is not."""
    n, k, p = x.shape
    r, share = residuals(x, y, theta)
    size = np.maximum(np.abs(r), 1e-300)
    pull = w * np.clip(r, -delta, delta)
    j = np.matmul(share.transpose(1, 0, 2), x).transpose(1, 0, 2)  # (S, n, P), d r / d theta
    outer = (x[:, :, :, None] * x[:, :, None, :]).reshape(n * k, p * p)
    bend = ((pull[:, :, None] * share).reshape(len(theta), n * k) @ outer).reshape(-1, p, p)

    def gram(c):
        return np.matmul((c[:, :, None] * j).transpose(0, 2, 1), j)

    hessian = gram(w * (np.abs(r) <= delta) - pull) + bend
    diagonal = np.abs(np.einsum("spp->sp", hessian))
    return Point(value=(w * huber(r, delta)).sum(axis=1),
                 gradient=np.matmul(pull[:, None, :], j)[:, 0],
                 hessian=hessian,
                 damper=gram(w * np.minimum(1.0, delta / size)) + diagonal[:, :, None] * np.eye(p))


def minimise(x, y, w, theta, delta, low, high, steps: int = 200, tol: float = 1e-13) -> tuple[np.ndarray, np.ndarray]:
    """Minimise sum_i w_i huber(r_i) within the box [low, high]; returns theta (S, P) and the objective (S,).

    x (n, K, P), y (n,), w (S, n) row weights (a resample is a vector of counts), theta (S, P) starts, low/high (P,).
    Each step solves (H + damping M) s = -g, with M the damper: a short robust Gauss-Newton step when the damping is
    large, Newton's when it is small. A coordinate that lies on the box and is pushed outwards is held for the step.
    """
    theta = np.clip(np.array(theta, float), low, high)
    value = _value(x, y, w, theta, delta)
    damping = np.full(len(theta), 1e-2)
    live = np.arange(len(theta))
    for _ in range(steps):
        if not len(live):
            break
        here = _derivatives(x, y, w[live], theta[live], delta)
        step, promise = _step(here, damping[live], theta[live], low, high)
        trial = np.clip(theta[live] + step, low, high)
        new = _value(x, y, w[live], trial, delta)
        better = new < here.value
        theta[live[better]], value[live[better]] = trial[better], new[better]
        damping[live] = np.clip(np.where(better, damping[live] / 5, damping[live] * 6), 1e-12, None)
        # a rejected step ends the search only if it was short already: a long one may promise nothing and miss the gain
        spent = (promise <= tol * here.value) & (better | (damping[live] > 1))
        live = live[~(spent | (damping[live] > 1e12) | (value[live] < 1e-28))]
    return theta, value


def _step(here: Point, damping, theta, low, high) -> tuple[np.ndarray, np.ndarray]:
    """The damped Newton step (S, P) and the gain it promises to first order (S,)."""
    held = ((theta <= low) & (here.gradient > 0)) | ((theta >= high) & (here.gradient < 0))
    diagonal = np.einsum("spp->sp", here.damper)
    unit = np.sqrt(np.maximum(diagonal, 1e-14 * diagonal.max(axis=1, keepdims=True) + 1e-290))
    free = ~held / unit  # in units of the damper's diagonal, so that one ridge fits all; held coordinates drop out
    matrix = (here.hessian + damping[:, None, None] * here.damper) * free[:, :, None] * free[:, None, :]
    matrix += (1e-13 + held)[:, :, None] * np.eye(theta.shape[1])
    step = -free * np.linalg.solve(matrix, (free * here.gradient)[:, :, None])[:, :, 0]
    step = np.clip(np.nan_to_num(step), -2.0, 2.0)
    return step, np.abs((here.gradient * step).sum(axis=1))
