"""The Chinchilla law: published numbers, recovery, ranges, and what it says when a table is not enough."""
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labgpt.laws import Chinchilla

HOFFMANN = Chinchilla.of(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
QUICK = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
COLUMNS = dict(n="N", d="D", loss="L", cluster=None)


def refit(table, **changes) -> Chinchilla:
    return Chinchilla().fit({**table, **changes}, cluster=None, bootstrap=0)


# Published constants

def test_closed_form_optimum():
    """Hoffmann et al. 2022, approach 3."""
    law, one = HOFFMANN, HOFFMANN.optimal(1e20)
    G = one.N / (1e20 / 6) ** law.a_
    assert law.a_ == pytest.approx(0.451613, abs=1e-6)
    assert G == pytest.approx(1.34471, abs=1e-5)
    assert (one.N, one.D, one.loss) == pytest.approx((6.449e8, 2.585e10, 2.59985), rel=3e-4)
    gopher = law.optimal(5.76e23)
    assert (gopher.N, gopher.D) == pytest.approx((3.22e10, 2.98e12), rel=1e-3)  # D/N = 93: approaches 1 and 2 say 20


def test_published_losses():
    assert HOFFMANN.predict(70e9, 1.4e12) == pytest.approx(1.93665, abs=1e-5)
    assert HOFFMANN.predict([70e9, 280e9], [1.4e12, 300e9]) == pytest.approx([1.93665, 1.99326], abs=1e-5)


def check_huber_optimum(params: dict, objective: float) -> None:
    """Epoch's points, the sum of Huber(1e-3) of log residuals: what a correct fitter must return."""
    assert params["alpha"] == pytest.approx(0.34731, abs=1e-3) and params["beta"] == pytest.approx(0.36717, abs=1e-3)
    assert params["E"] == pytest.approx(1.81722, abs=1e-3)
    assert objective == pytest.approx(1.0182740e-3, rel=1e-6)


def test_epoch_huber_optimum(epoch):
    law = Chinchilla().fit(epoch, **COLUMNS, bootstrap=0)
    check_huber_optimum(law.params, law.objective_)
    assert (law.A_, law.B_) == pytest.approx((477.83, 2143.4), rel=1e-4)
    assert law.n_points_ == 240


def test_epoch_least_absolute_deviation(epoch):
    """The published A, B, E, alpha, beta are this optimum, to every digit printed."""
    law = Chinchilla("lad").fit(epoch, **COLUMNS, bootstrap=0)
    assert np.abs(law.residuals_).sum() == pytest.approx(1.129495, rel=1e-6)
    assert (law.A_, law.B_) == pytest.approx((482.01, 2085.43), abs=0.006)
    assert (law.E_, law.alpha_, law.beta_) == pytest.approx((1.8172, 0.3478, 0.3658), abs=4e-4)
    assert law.a_ == pytest.approx(0.513, abs=5e-4)


@pytest.mark.parametrize(("how", "delta", "expected"), [
    ("huber", 1e-2, (538.8, 2906, 1.838, 0.3544, 0.3815)), ("ols", 1e-3, (593.3, 4876, 1.8646, 0.3603, 0.4059))])
def test_epoch_other_thresholds(epoch, how, delta, expected):
    law = Chinchilla(how).fit(epoch, **COLUMNS, bootstrap=0, delta=delta)
    assert (law.A_, law.B_, law.E_, law.alpha_, law.beta_) == pytest.approx(expected, rel=4e-4)


def test_epoch_variable_projection(epoch):
    law = Chinchilla("varpro").fit(epoch, **COLUMNS, bootstrap=0)
    assert (law.E_, law.alpha_, law.beta_, law.a_) == pytest.approx((1.883, 0.358, 0.428, 0.545), abs=5e-4)


def test_epoch_ranges(epoch):
    """Published standard errors: A 124.5, B 1293, E .026, alpha .015, beta .021; of 1000 refits a 95 % (.481, .556)."""
    law = Chinchilla().fit(epoch, **COLUMNS, bootstrap=2000)
    assert law.draws_.std(axis=0) == pytest.approx([0.026, 124.5, 1293, 0.015, 0.021], rel=0.1)
    assert law.interval("a") == pytest.approx((0.481, 0.556), abs=0.01) and law.a_ == pytest.approx(0.513, abs=0.005)


def loose(table) -> tuple[dict, float]:
    """The mutant: the objective averaged, SciPy's L-BFGS-B at its default tolerance, from Hoffmann's constants."""
    from scipy.optimize import minimize

    from labgpt.laws.newton import huber

    n, d, y = np.log(table["N"]), np.log(table["D"]), np.log(table["L"])

    def rows(t):
        return huber(np.logaddexp(np.logaddexp(t[0] - t[3] * n, t[1] - t[4] * d), t[2]) - y, 1e-3)

    unrounded = [6.0073404, 6.0179186, 0.5267228, 0.33917084, 0.2849083]
    t = minimize(lambda t: rows(t).mean(), unrounded, method="L-BFGS-B").x
    return {"A": np.exp(t[0]), "B": np.exp(t[1]), "E": np.exp(t[2]), "alpha": t[3], "beta": t[4]}, float(rows(t).sum())


def test_the_check_catches_a_mean_with_a_loose_tolerance(epoch):
    params, objective = loose(epoch)
    assert params["beta"] == pytest.approx(0.285, abs=0.01)  # it hardly moved
    with pytest.raises(AssertionError):
        check_huber_optimum(params, objective)


def test_the_mutant_loses_on_a_generated_table_too(lab):
    table = lab(0)
    law = Chinchilla().fit(table, bootstrap=0)
    params, objective = loose({"N": table["n_matmul"], "D": table["tokens"], "L": table["val_loss"]})
    assert objective > 1.05 * law.objective_ and abs(params["alpha"] - 0.5) > 3 * abs(law.alpha_ - 0.5)


# Recovery

@pytest.mark.parametrize("how", ["huber", "lad", "ols", "varpro"])
def test_exact_points_give_the_law_back(lab, truth, how):
    law = Chinchilla(how).fit(lab(0, 0, 0), bootstrap=0)
    assert law.params == pytest.approx(truth.params, rel=1e-4)


@pytest.mark.parametrize("how", ["huber", "lad", "ols", "varpro"])
def test_noisy_points_give_it_back_within_its_ranges(lab, truth, how):
    law = Chinchilla(how).fit(lab(3), bootstrap=60)
    for name in law.names:
        low, high = law.interval(name)
        assert low <= truth.params[name] <= high
    assert law.predict(1e6, 4e6) == pytest.approx(truth.predict(1e6, 4e6), rel=0.02)


def test_one_run_gone_wrong_does_not_drag_the_law(lab, truth):
    table = lab(1, 0.001, 0.001)
    clean = Chinchilla().fit(table, bootstrap=0)
    table["val_loss"][37] *= 1.5
    robust, squares = (Chinchilla(how).fit(table, bootstrap=0) for how in ("huber", "ols"))
    moved = [abs(law.predict(1e6, 4e6) / clean.predict(1e6, 4e6) - 1) for law in (robust, squares)]
    assert moved[0] < 0.01 < moved[1]
    assert int(np.argmax(np.abs(robust.residuals_))) == 37


@QUICK
@given(st.floats(0.4, 2.5), st.floats(2, 3000), st.floats(2, 3000), st.floats(0.2, 0.7), st.floats(0.2, 0.7))
def test_any_law_is_recovered_from_its_own_points(E, A, B, alpha, beta):
    N, D = (g.ravel() for g in np.meshgrid(np.geomspace(1e4, 1e9, 7), np.geomspace(1e6, 1e11, 7)))
    true = Chinchilla.of(E, A, B, alpha, beta)
    law = Chinchilla().fit({"N": N, "D": D, "L": true.predict(N, D)}, **COLUMNS, bootstrap=0)
    assert law.predict(N, D) == pytest.approx(true.predict(N, D), rel=1e-6)
    assert (law.alpha_, law.beta_) == pytest.approx((alpha, beta), abs=1e-3)


@QUICK
@given(st.floats(0.01, 100), st.floats(0.01, 100), st.integers(0, 50))
def test_units_do_not_matter(lab, factor, size, seed):
    """Loss in other units scales E, A, B; N in other units only A; neither moves an exponent."""
    table = lab(seed)
    plain = refit(table)
    other = refit(table, val_loss=table["val_loss"] * factor, n_matmul=table["n_matmul"] * size)
    assert (other.alpha_, other.beta_) == pytest.approx((plain.alpha_, plain.beta_), rel=1e-5)
    assert other.E_ == pytest.approx(plain.E_ * factor, rel=1e-5)
    assert other.A_ == pytest.approx(plain.A_ * factor * size**plain.alpha_, rel=1e-4)


@QUICK
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(lab, random):
    table, order = lab(2), list(range(45))
    random.shuffle(order)
    shuffled = Chinchilla().fit({key: values[order] for key, values in table.items()}, bootstrap=0)
    assert shuffled.params == pytest.approx(refit(table).params, rel=1e-6)


def test_a_table_twice_is_the_same_law(lab):
    table = lab(4)
    twice = refit({key: np.concatenate([values, values]) for key, values in table.items()})
    assert twice.params == pytest.approx(refit(table).params, rel=1e-6)


@QUICK
@given(st.floats(1e15, 1e25), st.floats(0.9, 1.1))
def test_no_other_split_beats_the_optimum(C, factor):
    best = HOFFMANN.optimal(C)
    assert 6 * best.N * best.D == pytest.approx(C)
    assert HOFFMANN.predict(best.N * factor, best.D / factor) >= best.loss * (1 - 1e-12)
    searched = HOFFMANN.optimal(C, lambda size: 6 * size)
    assert searched.N == pytest.approx(best.N, rel=1e-5)


def test_the_optimum_follows_the_flops_of_a_token():
    """FLOPs that do not shrink with N (a large head, say) make larger models the better buy."""
    best = HOFFMANN.optimal(1e18, lambda size: 6 * size + 6e8)
    assert best.N > HOFFMANN.optimal(1e18).N
    assert (6 * best.N + 6e8) * best.D == pytest.approx(1e18)


# Ranges

def test_ranges_are_reproducible_and_ordered(lab):
    first, second = (Chinchilla().fit(lab(0), bootstrap=40, rng=7) for _ in range(2))
    assert np.array_equal(first.draws_, second.draws_)
    assert not np.array_equal(first.draws_, Chinchilla().fit(lab(0), bootstrap=40, rng=8).draws_)
    for name, entry in first.to_dict().items():
        assert entry["low"] <= entry["value"] <= entry["high"], name
    assert list(first.to_dict()) == ["E", "A", "B", "alpha", "beta"]


def test_a_wider_level_is_a_wider_range(lab):
    (a, b), (c, d) = (Chinchilla().fit(lab(0), bootstrap=60, level=p).interval("alpha") for p in (0.5, 0.95))
    assert c < a < b < d


def test_a_forecast_range_holds_the_scatter_of_runs(lab):
    law = Chinchilla().fit(lab(0, 0.0, 0.01), bootstrap=60)
    low, high = law.predict_interval([1e6, 45e3], 4e6)
    assert low.shape == (2,) and np.all(low < law.predict([1e6, 45e3], 4e6)) and np.all(law.predict(1e6, 4e6) < high)
    laws = np.quantile(law._evaluate(law.draws_, [np.array([45e3]), np.array([4e6])]), [0.025, 0.975])
    assert high[1] - low[1] > 1.5 * (laws[1] - laws[0])  # inside the grid the law is known better than a run repeats
    assert all(isinstance(float(v), float) for v in law.predict_interval(1e6, 4e6))


def test_every_refit_is_at_its_optimum(lab):
    """A resample fitted in the batch is no worse than the same resample fitted from all 25 starts."""
    table = lab(5)
    law = Chinchilla().fit(table, bootstrap=0)
    axes, y = [table["n_matmul"], table["tokens"]], table["val_loss"]
    x = law._model(axes)
    grid = law._grid(x, y)
    w = np.random.default_rng(0).multinomial(9, np.full(9, 1 / 9), 12)[:, np.repeat(np.arange(9), 5)].astype(float)
    optimum = law._solve(x, np.log(y), np.ones((1, 45)), grid)[0][0]
    quick = law._solve(x, np.log(y), w, law._warm(x, np.log(y), optimum, grid))[1]
    thorough = law._solve(x, np.log(y), w, grid)[1]
    assert np.all(quick <= thorough * (1 + 1e-4))


@pytest.mark.slow
def test_trunks_cover_where_rows_do_not(lab, truth):
    """Points of one trunk share its noise: resampled as independent rows they look far surer than they are."""
    tries, held = 60, {"branch": 0, None: 0}
    for seed in range(tries):
        for cluster in held:
            low, high = Chinchilla().fit(lab(seed), cluster=cluster, bootstrap=100).interval("alpha")
            held[cluster] += low <= truth.alpha_ <= high
    assert held["branch"] >= 0.9 * tries
    assert held[None] <= 0.85 * tries


# What cannot be fitted, or not fully

@pytest.mark.parametrize(("change", "says"), [
    (dict(n="params"), "'params' is missing"), (dict(cluster="trunk"), "'trunk' is missing"),
    (dict(bootstrap=-1), "bootstrap = -1"), (dict(bootstrap=2.5), "bootstrap = 2.5"), (dict(delta=0), "delta = 0"),
    (dict(level=95), "level = 95")])
def test_a_wrong_argument_is_told_in_one_line(lab, change, says):
    with pytest.raises(ValueError, match=says) as told:
        Chinchilla().fit(lab(0), **change)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(("column", "value", "says"), [
    ("val_loss", np.nan, "val_loss = nan in row 3"), ("val_loss", 0.0, "val_loss = 0 in row 3"),
    ("tokens", -1.0, "tokens = -1 in row 3"), ("n_matmul", np.inf, "n_matmul = inf in row 3")])
def test_a_wrong_value_is_told_in_one_line(lab, column, value, says):
    table = lab(0)
    table[column][3] = value
    with pytest.raises(ValueError, match=says):
        Chinchilla().fit(table)


def test_too_little_is_told(lab):
    table = lab(0)
    with pytest.raises(ValueError, match="5 rows"):
        Chinchilla().fit({key: values[:5] for key, values in table.items()})
    with pytest.raises(ValueError, match="n_matmul has 2 different values"):
        Chinchilla().fit({key: values[:20] for key, values in table.items()})
    with pytest.raises(ValueError, match="tokens has 1 different values"):
        Chinchilla().fit({key: values[::5] for key, values in table.items()})
    with pytest.raises(ValueError, match="differ in length"):
        Chinchilla().fit({**table, "tokens": table["tokens"][:-1]})
    with pytest.raises(ValueError, match="not a number"):
        Chinchilla().fit({**table, "tokens": ["many"] * 45})
    with pytest.raises(ValueError, match="empty label"):
        Chinchilla().fit({**table, "branch": [None] * 45})
    with pytest.raises(ValueError, match="table is a list"):
        Chinchilla().fit([{"n_matmul": 1e4, "tokens": 1e6, "val_loss": 3.0}] * 9)
    with pytest.raises(ValueError, match="estimator = 'best'"):
        Chinchilla("best")


def test_no_ranges_without_a_bootstrap(lab):
    law = Chinchilla().fit(lab(0), bootstrap=0)
    assert law.to_dict()["E"]["low"] is None
    with pytest.raises(ValueError, match="bootstrap = 0"):
        law.interval("E")
    with pytest.raises(ValueError, match="name = 'gamma'"):
        law.interval("gamma")
    with pytest.raises(ValueError, match="not fitted"):
        Chinchilla().predict(1e6, 1e6)
    with pytest.raises(ValueError, match="N = -1"):
        HOFFMANN.predict(-1, 1e6)


def test_too_few_trunks_for_a_bootstrap(lab):
    """Three trunks, one a size: hardly any resample holds all three, and none would differ from another."""
    table = {key: values[[*range(5), *range(30, 40)]] for key, values in lab(0).items()}
    law = Chinchilla().fit(table, bootstrap=30)
    assert law.redrawn_ > 30
    assert any("3 different values of n_matmul" in said for said in law.warnings_)
    assert any("3 clusters" in said for said in law.warnings_) and any("drawn again" in said for said in law.warnings_)


def test_warns_of_no_floor_and_of_axes_that_rise_together(truth):
    N, D = (g.ravel() for g in np.meshgrid(np.geomspace(1e4, 1e6, 6), np.geomspace(1e6, 1e8, 6)))
    law = Chinchilla().fit({"N": N, "D": D, "L": 30 * N**-0.3 + 90 * D**-0.3}, **COLUMNS, bootstrap=0)
    assert any("E lies at zero" in said for said in law.warnings_)
    N = np.geomspace(1e4, 1e6, 8)
    law = Chinchilla().fit({"N": N, "D": 20 * N, "L": truth.predict(N, 20 * N)}, **COLUMNS, bootstrap=0)
    assert any("rise together" in said for said in law.warnings_)


def test_warns_of_an_exponent_at_its_edge():
    N, D = (g.ravel() for g in np.meshgrid(np.geomspace(1, 8, 6), np.geomspace(1e6, 1e8, 6)))
    law = Chinchilla().fit({"N": N, "D": D, "L": 2 + 3 * N**-5.0 + 90 * D**-0.3}, **COLUMNS, bootstrap=0)
    assert any(said.startswith("alpha lies at the edge") for said in law.warnings_)


def test_takes_a_dataframe(lab):
    import pandas

    frame = Chinchilla().fit(pandas.DataFrame(lab(0)), bootstrap=5)
    assert frame.params == pytest.approx(Chinchilla().fit(lab(0), bootstrap=5).params, rel=1e-12)


def test_without_a_floor_all_else_is_as_with_one():
    n, d = (grid.ravel() for grid in np.meshgrid(np.geomspace(1e4, 1e6, 5), np.geomspace(1e5, 1e7, 5)))
    above = (HOFFMANN.predict(n, d) - HOFFMANN.E_) * np.exp(0.01 * np.random.default_rng(0).normal(size=25))
    law = Chinchilla(offset=False).fit({"N": n, "D": d, "L": above}, **COLUMNS, bootstrap=50)
    low, high = law.interval("a")
    assert law.names == ("A", "B", "alpha", "beta") and low <= law.a_ <= high
    assert law.optimal(1e18).loss == pytest.approx(law.predict(*law.optimal(1e18)[:2]))
    with pytest.raises(ValueError, match="name = 'E'"):
        law.interval("E")
