"""IsoFLOP minima by three methods, on curves whose optimum is known."""
from __future__ import annotations

import numpy as np
import pytest

from labgpt.laws import Chinchilla, isoflop

CS336 = Chinchilla.of(E=2.69, A=1606.4, B=3210.7, alpha=0.34, beta=0.36)
BUDGETS = [6e18, 1e19, 3e19, 6e19, 1e20, 3e20, 6e20, 1e21, 3e21]
COLUMNS = dict(n="parameters", c="compute_budget", loss="final_loss", d=None)


def curves(law, budgets, factors, per_token=lambda N: 6 * N) -> dict[str, np.ndarray]:
    """The law's curves from its formula: sizes at these factors around each budget's optimum."""
    C = np.repeat(budgets, len(factors))
    N = (np.array([law.optimal(c, per_token).N for c in budgets])[:, None] * factors).ravel()
    D = C / per_token(N)
    return {"parameters": N, "compute_budget": C, "tokens": D, "final_loss": law.predict(N, D)}


def generated() -> dict[str, np.ndarray]:
    """CS336's: 8 sizes around each budget's optimum."""
    return curves(CS336, BUDGETS, np.geomspace(0.2, 6, 8))


def test_the_formula_gives_the_reference_optimum():
    assert CS336.a_ == pytest.approx(0.514286, abs=1e-6)
    assert (CS336.optimal(1e23).N, CS336.optimal(1e24).N) == pytest.approx((9.19e10, 3.003e11), rel=5e-4)


def test_a_fit_of_the_formulas_points_is_exact():
    found = isoflop(generated(), **COLUMNS)
    assert found.law.params == pytest.approx(CS336.params, rel=1e-5)
    assert found.fits["parametric"][1] == pytest.approx(0.5142857, abs=1e-6)
    assert found.n_opt(1e24) == pytest.approx(3.003e11, rel=5e-4)
    assert [m.points for m in found.minima] == [8] * 9 and not found.warnings_


def test_cs336_by_every_method(cs336):
    """Reference: argmin 1.163 C^.4687; parabola .1332 C^.5146, on five points .1361 C^.5143; parametric exact."""
    whole, five = isoflop(cs336, **COLUMNS), isoflop(cs336, **COLUMNS, window=5)
    assert whole.fits["argmin"] == pytest.approx((1.163, 0.4687), rel=5e-4)
    assert whole.fits["parabola"] == pytest.approx((0.1332, 0.5146), rel=5e-4)
    assert five.fits["parabola"] == pytest.approx((0.1361, 0.5143), rel=5e-4)
    assert five.window == 5 and {m.used for m in five.minima} == {5}
    assert whole.n_opt(1e24, "argmin") / 3.003e11 - 1 == pytest.approx(-0.31, abs=0.01)
    assert whole.law.params == pytest.approx(CS336.params, rel=1e-5)
    assert whole.law.rms_ < 1e-8


@pytest.mark.parametrize(("span", "alpha", "beta", "percent"), [
    (2, 0.34, 0.28, -0.327), (4, 0.34, 0.28, -1.301), (8, 0.34, 0.28, -2.903), (16, 0.34, 0.28, -5.100),
    (16, 0.465, 0.155, -23.116)])
def test_the_bias_of_the_parabola(span, alpha, beta, percent):
    """Czech et al. 2026: noise-free curves, 15 points, budgets 1e17 to 1e21, D at 1e24."""
    law = Chinchilla.of(E=1.69, A=406.4, B=410.7, alpha=alpha, beta=beta)
    table = curves(law, [1e17, 1e18, 1e19, 1e20, 1e21], float(span) ** np.linspace(-1, 1, 15))
    found = isoflop(table, **COLUMNS, parametric=False)
    D = 1e24 / (6 * found.n_opt(1e24, "parabola"))
    assert 100 * (D / law.optimal(1e24).D - 1) == pytest.approx(percent, abs=5e-4)
    assert found.fits["parabola"][1] == pytest.approx(law.a_, abs=1e-9)  # the exponent is right all the same


def test_flops_and_tokens_may_both_be_measured():
    """With the exact FLOPs of a token, C is not 6 N D, and the optimum moves to where they are cheaper."""
    def per_token(size):
        return 6 * size + 6e8

    table = curves(CS336, [1e18, 1e19], np.geomspace(0.25, 4, 15), per_token)
    found = isoflop(table, **COLUMNS | {"d": "tokens"})
    assert [m.parametric for m in found.minima] == pytest.approx([CS336.optimal(C, per_token).N for C in (1e18, 1e19)], rel=2e-3)
    assert found.minima[0].parametric > 1.1 * CS336.optimal(1e18).N
    assert found.minima[0].parabola == pytest.approx(found.minima[0].parametric, rel=0.05)


def test_an_optimum_outside_the_curve_is_told():
    table = {key: values.reshape(9, 8)[:, 4:].ravel() for key, values in generated().items()}
    found = isoflop(table, **COLUMNS)
    assert len(found.warnings_) == 9 and not any(m.bracketed for m in found.minima)


def test_budgets_that_nearly_agree_are_one():
    table = generated()
    table["compute_budget"] = table["compute_budget"] * np.tile(np.linspace(1, 1.03, 8), 9)
    assert len(isoflop(table, **COLUMNS).minima) == 9


@pytest.mark.parametrize(("change", "says"), [
    (dict(window=2), "window = 2"), (dict(c=None), "both None"), (dict(c="flops"), "'flops' is missing"),
    (dict(rtol=-0.5), "no budget has 3 different sizes")])
def test_wrong_input_is_told_in_one_line(change, says):
    with pytest.raises(ValueError, match=says) as told:
        isoflop(generated(), **{**COLUMNS, **change})
    assert "\n" not in str(told.value)


def test_an_unknown_method_is_told():
    with pytest.raises(ValueError, match="method = 'eye'"):
        isoflop(generated(), **COLUMNS).n_opt(1e20, "eye")
