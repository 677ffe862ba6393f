"""The other forms: published constants, recovery of each form's own points, exact gradients, and citations."""
from __future__ import annotations

import numpy as np
import pytest

from labgpt.laws import Chinchilla, CriticalBatch, Kaplan, PowerLaw, Repeated, newton

N, D = (g.ravel() for g in np.meshgrid(np.geomspace(1e6, 1e9, 6), np.geomspace(1e8, 1e11, 6)))
COLUMNS = dict(n="N", d="D", loss="L", cluster=None)


def fitted(law, **given):
    """`law` with parameters set by hand."""
    law._values = np.array(list(given.values()), float)
    assert tuple(given) == law.names
    law._axes = ["N", "D", "U"] if isinstance(law, Repeated) else ["N", "D"]
    return law


KAPLAN = dict(N_c=8.8e13, D_c=5.4e13, alpha_N=0.076, alpha_D=0.095)


# Published constants

def test_what_repeats_are_worth():
    """Muennighoff et al. 2023: shares of the tokens that count, and one loss."""
    law = Repeated.published()
    assert law.worth([2, 4, 8, 16, 40, 100]) == pytest.approx([0.984, 0.931, 0.828, 0.661, 0.379, 0.164], abs=5e-4)
    assert law.predict(6.34e9, 242e9, 25e9) == pytest.approx(2.2256440890, abs=1e-6)
    assert (law.base.A_, law.base.B_, law.base.E_) == pytest.approx((520.82, 1487.7, 1.8691), rel=5e-5)
    assert law.predict(1e8, 1e10, 1e10) == law.base.predict(1e8, 1e10)  # nothing repeated, N below what U feeds


def test_kaplan_s_limits():
    """Equations 1.1 and 1.2: without end of data a power of N, without end of size a power of D."""
    law = fitted(Kaplan(), **KAPLAN)
    assert law.predict(1e9, 1e30) == pytest.approx((8.8e13 / 1e9) ** 0.076, rel=1e-4)
    assert law.predict(1e30, 1e9) == pytest.approx((5.4e13 / 1e9) ** 0.095, rel=1e-4)


@pytest.mark.parametrize(("coefficients", "apparent"), [
    ((1.8172, 482.01, 2085.43, 0.3478, 0.3658), 0.775), ((1.69, 406.4, 410.7, 0.34, 0.28), 0.740)])
def test_counting_without_the_embedding_bends_the_exponent(coefficients, apparent):
    """Pearce & Song 2024: N_total = N + 47491 N^(1/3); N_opt by N alone, against 6 N D with that same N."""
    law, small = Chinchilla.of(*coefficients), np.geomspace(790, 1.6e9, 2000)
    total, C = small + 47491 * small ** (1 / 3), np.logspace(12.95, 20.7, 200)
    best = small[[np.argmin(law.predict(total, c / (6 * small))) for c in C]]
    assert np.polyfit(np.log(C), np.log(best), 1)[0] == pytest.approx(apparent, abs=0.006)


# Recovery

@pytest.mark.parametrize("how", ["huber", "lad", "ols"])
def test_kaplan_s_points_give_it_back(how):
    law = fitted(Kaplan(), **KAPLAN)
    found = Kaplan(how).fit({"N": N, "D": D, "L": law.predict(N, D)}, **COLUMNS, bootstrap=5)
    assert found.params == pytest.approx(KAPLAN, rel=1e-4)
    low, high = found.predict_interval(1e10, 1e12)
    assert low <= law.predict(1e10, 1e12) * (1 + 1e-6) and high >= law.predict(1e10, 1e12) * (1 - 1e-6)


@pytest.mark.parametrize(("how", "true"), [("decay", dict(R_D=9.0, R_N=3.0)), ("additive", {"P": 0.02, "kappa": 0.8, "lambda": 0.3})])
def test_repeats_give_their_law_back(how, true):
    base = Repeated.published().base
    law = fitted(Repeated(base, how), **true)
    n, d, u = (g.ravel() for g in np.meshgrid(np.geomspace(1e8, 1e10, 5), np.geomspace(1e10, 1e12, 6), [2e9, 1e10]))
    table = {"N": n, "D": d, "U": u, "L": law.predict(n, d, u)}
    found = Repeated(base, how).fit(table, unique="U", **COLUMNS, bootstrap=5)
    assert found.params == pytest.approx(true, rel=1e-4)
    with pytest.raises(ValueError, match="no row has D above"):
        Repeated(base, how).fit(table | {"U": d}, unique="U", **COLUMNS)


def test_tied_exponents():
    law = Chinchilla.of(1.8, 400, 900, 0.35, 0.35)
    found = Chinchilla(tied=True).fit({"N": N, "D": D, "L": law.predict(N, D)}, **COLUMNS, bootstrap=10)
    assert found.params == pytest.approx({"E": 1.8, "A": 400, "B": 900, "alpha": 0.35}, rel=1e-4)
    assert found.a_ == 0.5 and found.interval("a") == (0.5, 0.5) and found.beta_ == found.alpha_
    assert found.optimal(1e20).N == pytest.approx(law.optimal(1e20).N, rel=1e-3)


def test_a_critical_batch():
    batch = np.array([8, 16, 32, 64, 128, 256, 512])
    law = CriticalBatch().fit(batch, 90_000 * (1 + batch / 150), bootstrap=10)
    assert law.params == pytest.approx({"D_min": 90_000, "B_crit": 150}, rel=1e-6)
    assert law.predict(law.B_crit_) == pytest.approx(2 * law.D_min_)


def test_constants_go_by_name_in_any_order():
    law = Chinchilla.of(alpha=0.35, beta=0.3, E=1.8, B=900, A=400)
    assert law.params == {"E": 1.8, "A": 400, "B": 900, "alpha": 0.35, "beta": 0.3}
    assert law.predict(1e8, 1e10) == Chinchilla.of(1.8, 400, 900, 0.35, 0.3).predict(1e8, 1e10)
    assert PowerLaw.of(alpha=0.1, A=5).predict(10.0) == pytest.approx(5 / 10**0.1) and PowerLaw.of(1, 5, 0.1).E_ == 1
    for wrong in (dict(E=1.8), dict(E=1.8, A=400, B=900, alpha=0.35, beta=0.3, gamma=1)):
        with pytest.raises(ValueError, match="are needed, each once"):
            Chinchilla.of(**wrong)


# Gradients

@pytest.mark.parametrize("law", [
    Chinchilla.of(1.8, 400, 900, 0.35, 0.3), fitted(Kaplan(), **KAPLAN), Repeated.published(),
    fitted(Repeated(Repeated.published().base, "additive"), **{"P": 0.02, "kappa": 0.8, "lambda": 0.3})],
    ids=["chinchilla", "kaplan", "decay", "additive"])
def test_gradients_are_those_of_the_law(law):
    at = [np.array([1e8]), np.array([1e11]), np.array([2e9])][:len(law._axes)]
    for i, (value, slope) in enumerate(zip(law._values, law.gradient(*at)[0], strict=True)):
        up, down = (law._evaluate((law._values + s * 1e-6 * value * np.eye(len(law._values))[i])[None], at)[0, 0] for s in (1, -1))
        assert slope == pytest.approx((up - down) / (2e-6 * value), rel=1e-5)


@pytest.mark.parametrize("make", [Kaplan, Chinchilla, lambda: Chinchilla(tied=True), CriticalBatch])
def test_the_search_s_derivatives_are_exact(make):
    law, points = make(), [N, D]
    law._center = np.array([np.log(N).mean(), np.log(D).mean()])
    if isinstance(law, CriticalBatch):
        points, law._center = [N], law._center[:1]
    model = law._model(points)
    p = model.x.shape[2]
    theta, w = np.linspace(0.3, 0.6, p)[None], np.ones((1, len(N)))
    y = model.log(theta)[0] + 0.01 * np.random.default_rng(0).standard_normal(len(N))
    here, h = newton.derivatives(model, y, w, theta, np.inf), 1e-6
    for i in range(p):
        up, down = (newton.derivatives(model, y, w, theta + s * h * np.eye(p)[i], np.inf) for s in (1, -1))
        assert (up.value - down.value) / (2 * h) == pytest.approx(here.gradient[:, i], rel=1e-4, abs=1e-7)
        assert (up.gradient - down.gradient)[0] / (2 * h) == pytest.approx(here.hessian[0, i], rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("form", [Chinchilla, Kaplan, Repeated, PowerLaw, CriticalBatch])
def test_each_form_says_where_it_is_from(form):
    assert "arXiv" in form.citation
