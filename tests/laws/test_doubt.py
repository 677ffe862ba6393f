"""What a fit can't say is said: outliers, bends, flat directions, the largest runs, forms, and what to train next."""
from __future__ import annotations

import numpy as np
import pytest

from labgpt.laws import Chinchilla, Kaplan, PowerLaw, doubt


def test_the_run_that_went_wrong_is_named(lab):
    table = lab(1, 0.001, 0.001)
    assert not doubt.outliers(Chinchilla().fit(table, bootstrap=0))
    table["val_loss"][37] *= 1.2
    law = Chinchilla().fit(table, bootstrap=0)
    (row, residual, far), = doubt.outliers(law)
    assert row == 37 and residual == pytest.approx(np.log(1.2), abs=0.01) and far > 8
    assert any("row 37 lies +2" in said for said in law.doubts())


def test_residuals_with_a_shape_are_told(lab):
    table = lab(2, 0.0, 0.001)
    assert not doubt.bends(Chinchilla().fit(table, bootstrap=0))
    bent = PowerLaw(offset=False).fit(table["n_matmul"][::5], 2 + 60 / table["n_matmul"][::5] ** 0.5, bootstrap=0)
    assert [name for name, _ in doubt.bends(bent)] == ["x"]  # a floor, fitted without one


def test_a_profile_is_where_the_fit_gets_worse_than_chance_allows(lab):
    """Least squares: the objective with alpha held at the profile's ends, all else free, is exp(3.84/n) times the best."""
    table = lab(3)
    law = Chinchilla("ols").fit(table, bootstrap=0)
    for alpha in law.profile("alpha"):
        from labgpt.laws import newton

        low, high = law._low.copy(), law._high.copy()
        low[3] = high[3] = alpha
        axes = law.data_["axes"]
        _, value = newton.minimise(law._model(axes), np.log(law.data_["y"]), np.ones((1, 45)), law._theta, np.inf, low, high)
        assert value[0] / law.objective_ == pytest.approx(np.exp(3.8415 / 45), rel=5e-3)
    low, high = law.profile("alpha")
    assert low < law.alpha_ < high
    with pytest.raises(ValueError, match="name = 'A'"):
        law.profile("A")


def test_a_floor_far_below_the_points_is_not_pinned_down():
    N, D = (g.ravel() for g in np.meshgrid(np.geomspace(1e4, 4e4, 4), np.geomspace(1e6, 4e6, 4)))
    true = Chinchilla.of(0.5, 60, 300, 0.3, 0.3)
    loss = true.predict(N, D) * np.exp(0.003 * np.random.default_rng(0).standard_normal(16))
    law = Chinchilla().fit({"N": N, "D": D, "L": loss}, "N", "D", "L", cluster=None, bootstrap=0)
    assert any(said.startswith("E is not pinned down") for said in law.doubts())


def test_a_law_that_misses_its_largest_runs_says_so(lab):
    table = lab(4, 0.0, 0.002)
    assert abs(doubt.largest(Chinchilla().fit(table, bootstrap=0))[0]) < 0.01
    table["val_loss"][-4:] *= 1.15  # the largest models stop gaining
    assert any("largest runs" in said for said in Chinchilla().fit(table, bootstrap=0).doubts())


def test_forms_are_told_apart_or_not(lab):
    """Points of a law with a floor: Kaplan's form loses. Tied exponents lose nothing where the true ones are equal."""
    table = lab(5, 0.0, 0.002)
    full, kaplan = Chinchilla().fit(table, bootstrap=0), Kaplan().fit(table, bootstrap=0)
    mean, error, said = doubt.compare(full, kaplan)
    assert mean < -2 * error and said.startswith("Chinchilla")
    N, D = table["n_matmul"], table["tokens"]
    noise = np.exp(0.004 * np.random.default_rng(1).standard_normal(45))
    equal = table | {"val_loss": Chinchilla.of(1.76, 60, 300, 0.45, 0.45).predict(N, D) * noise}
    said = doubt.compare(Chinchilla().fit(equal, bootstrap=0), Chinchilla(tied=True).fit(equal, bootstrap=0))[2]
    assert "can't distinguish" in said
    with pytest.raises(ValueError, match="different tables"):
        doubt.compare(full, Chinchilla().fit(lab(6), bootstrap=0))


def test_the_next_runs_shrink_the_range(lab, truth):
    """The run proposed, once 'measured' and added, leaves a narrower range at the target than a cheap repeat does."""
    law = Chinchilla().fit(lab(7), bootstrap=200)
    N, D = 2e6, 8e6
    told = law._evaluate(law.draws_, [np.array([N]), np.array([D])])[:, 0]
    first, second = law.next_runs(N, D, count=2, most=6e12)
    assert second.half_width <= first.half_width < 1.96 * told.std()
    assert first.flops == pytest.approx(6 * first.N * first.D) and first.flops <= 6e12
    (best,) = law.next_runs(N, D, count=1, most=6e12, sizes=[1e6], tokens=[1e6])
    assert (best.N, best.D) == (1e6, 1e6)
    with pytest.raises(ValueError, match="most = 1 FLOPs"):
        law.next_runs(N, D, most=1)
    with pytest.raises(ValueError, match="count = 0"):
        law.next_runs(N, D, count=0)
