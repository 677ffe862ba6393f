"""One axis, with and without a floor."""
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labgpt.laws import PowerLaw

X = np.geomspace(1e4, 1e7, 9)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.5, 3), st.floats(1, 100), st.floats(0.15, 0.8))
def test_any_law_is_recovered_from_its_own_points(E, A, alpha):
    law = PowerLaw().fit(X, E + A * X**-alpha, bootstrap=0)
    assert law.params == pytest.approx({"E": E, "A": A, "alpha": alpha}, rel=1e-4)
    plain = PowerLaw(offset=False).fit(X, A * X**-alpha, bootstrap=0)
    assert plain.params == pytest.approx({"A": A, "alpha": alpha}, rel=1e-8)


def test_without_a_floor_least_squares_is_a_line_in_logarithms():
    y = 20 * X**-0.3 * np.exp(0.02 * np.random.default_rng(0).standard_normal(9))
    slope, level = np.polyfit(np.log(X), np.log(y), 1)
    law = PowerLaw(offset=False, estimator="ols").fit(X, y, bootstrap=0)
    assert (law.alpha_, law.A_) == pytest.approx((-slope, np.exp(level)), rel=1e-8)


@pytest.mark.parametrize("how", ["huber", "lad", "ols", "varpro"])
def test_ranges_hold_the_truth(how):
    y = (2 + 60 * X**-0.4) * np.exp(0.002 * np.random.default_rng(1).standard_normal(9))
    law = PowerLaw(estimator=how).fit(X, y, bootstrap=60)
    for name, true in {"E": 2, "A": 60, "alpha": 0.4}.items():
        low, high = law.interval(name)
        assert low <= true <= high
    low, high = law.predict_interval(1e8)
    assert low < 2 + 60 * 1e8**-0.4 < high and law.predict(X).shape == (9,)


def test_what_it_cannot_fit_is_told():
    with pytest.raises(ValueError, match="x has 3 different values: at least 4"):
        PowerLaw().fit([1, 2, 3], [3, 2, 1])
    with pytest.raises(ValueError, match="y = -1 in row 1"):
        PowerLaw().fit([1, 2, 3, 4], [3, -1, 2, 1])
    with pytest.raises(ValueError, match="differ in length"):
        PowerLaw().fit([1, 2, 3, 4], [3, 2, 1])
    with pytest.raises(ValueError, match="cluster has 2 labels for 4 rows"):
        PowerLaw().fit([1, 2, 3, 4], [4, 3, 2, 1], cluster=["a", "b"])
    assert any("edge" in said for said in PowerLaw().fit([1, 2, 3, 4], [1, 2, 3, 4], bootstrap=0).warnings_)
