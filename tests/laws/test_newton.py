"""The batched Newton method, against finite differences, a library's optimiser, and itself."""
from __future__ import annotations

import numpy as np
import pytest

from labgpt.laws import newton

LOW, HIGH = np.array([-8.0, -8.0, 0.01]), np.array([4.0, 4.0, 4.0])


def problem(seed: int, n: int = 30):
    rng = np.random.default_rng(seed)
    log_x = np.linspace(-2, 2, n)
    x = np.zeros((n, 2, 3))
    x[:, 0, 0] = x[:, 1, 1] = 1
    x[:, 1, 2] = -log_x
    return x, np.log(1.7 + 0.8 * np.exp(-0.4 * log_x)) + 0.01 * rng.standard_normal(n)


@pytest.mark.parametrize("delta", [1e-2, 0.1, np.inf])
def test_derivatives_are_those_of_the_objective(delta):
    x, y = problem(0)
    theta, w = np.array([[0.3, -0.4, 0.6]]), np.random.default_rng(1).integers(0, 3, (1, len(y))).astype(float)
    here, h = newton.derivatives(newton.Powers(x), y, w, theta, delta), 1e-6
    for i in range(3):
        step = h * np.eye(3)[i]
        up, down = (newton.derivatives(newton.Powers(x), y, w, theta + s, delta) for s in (step, -step))
        assert (up.value - down.value) / (2 * h) == pytest.approx(here.gradient[:, i], rel=1e-6)
        assert (up.gradient - down.gradient)[0] / (2 * h) == pytest.approx(here.hessian[0, i], rel=1e-4, abs=1e-6)
    assert np.linalg.eigvalsh(here.damper).min() > 0


@pytest.mark.parametrize("delta", [1e-3, 1e-2, np.inf])
def test_no_worse_than_a_library_optimiser(delta):
    from scipy.optimize import minimize

    x, y = problem(2)
    w, start = np.ones((1, len(y))), np.array([[0.2, -0.5, 0.7]])
    theta, value = newton.minimise(newton.Powers(x), y, w, start, delta, LOW, HIGH)
    scale = 1e4  # so that BFGS's absolute tolerance is strict
    theirs = minimize(lambda t: scale * newton.value(newton.Powers(x), y, w, t[None], delta)[0], start[0], method="BFGS",
                      jac=lambda t: scale * newton.derivatives(newton.Powers(x), y, w, t[None], delta).gradient[0])
    assert value[0] <= theirs.fun / scale * (1 + 1e-9)
    assert theta[0] == pytest.approx(theirs.x, abs=1e-4)


def test_a_batch_is_its_members():
    x, y = problem(3)
    w = np.random.default_rng(4).multinomial(len(y), np.full(len(y), 1 / len(y)), 6).astype(float)
    start = np.tile([0.2, -0.5, 0.7], (6, 1))
    together, _ = newton.minimise(newton.Powers(x), y, w, start, 1e-3, LOW, HIGH)
    for i in range(6):
        alone, _ = newton.minimise(newton.Powers(x), y, w[i:i + 1], start[:1], 1e-3, LOW, HIGH)
        assert together[i] == pytest.approx(alone[0], abs=1e-7)


@pytest.mark.parametrize("scale", [1e-6, 1 / 30, 1e6])
def test_the_scale_of_the_objective_changes_nothing(scale):
    """Mean instead of sum, or any other factor: the same optimum."""
    x, y = problem(5)
    w, start = np.ones((1, len(y))), np.array([[0.5, 0.5, 1.5]])
    plain, _ = newton.minimise(newton.Powers(x), y, w, start, 1e-3, LOW, HIGH)
    scaled, _ = newton.minimise(newton.Powers(x), y, w * scale, start, 1e-3, LOW, HIGH)
    assert scaled == pytest.approx(plain, abs=1e-7)


def test_stays_in_its_box_and_ends_there():
    x, y = problem(6)
    high = np.array([4.0, 4.0, 0.2])  # the true exponent, .4, lies outside
    theta, _ = newton.minimise(newton.Powers(x), y, np.ones((1, len(y))), np.array([[0.0, 0.0, 0.1]]), np.inf, LOW, high)
    assert theta[0, 2] == 0.2
