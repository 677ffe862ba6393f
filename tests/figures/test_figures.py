"""Every figure: units on its axes, a caption with n, alt text; and nothing drawn that was not measured or said to be a law."""

import io
import subprocess
import sys

import numpy as np
import pytest

from labgpt import figures
from labgpt.figures import curves, style
from labgpt.figures import ranks as ranks_room

NAMES = [
    "loss_vs_size", "loss_vs_size, no law", "loss_vs_tokens", "loss_vs_compute", "isoflop", "isoflop, given budgets",
    "residuals", "entropy_check", "law", "coverage", "floors", "ladder", "copying", "forecast",
    "world", "seed_noise", "lesson_band",
    "lesson_band, several budgets", "compare", "explore_tokens", "explore_budget", "explore_world",
    "explore_world, three seeds", "sent", "exponents", "live", "live, no law yet",
]  # fmt: skip


def test_the_list_is_whole(every):
    assert set(NAMES) == set(every)
    assert set(figures.__all__) - {"explorer", "png", "save", "watch", "Watch"} <= {name.partition(",")[0].split()[0] for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_units_caption_alt_and_letters_at_700_pixels(every, readable, name):
    readable(every[name])
    assert every[name].axes[0].get_xlabel() and every[name].axes[0].get_ylabel()


@pytest.mark.parametrize("name", NAMES)
def test_tick_labels_do_not_touch(every, name):
    figure = every[name]
    figure.draw_without_rendering()
    for axes in figure.axes:
        boxes = [label.get_window_extent() for label in axes.get_xticklabels() if label.get_text()]
        boxes = sorted((b for b in boxes if axes.bbox.x0 - 1 <= (b.x0 + b.x1) / 2 <= axes.bbox.x1 + 1), key=lambda b: b.x0)
        assert all(a.x1 < b.x0 for a, b in zip(boxes, boxes[1:]))


@pytest.mark.parametrize("name", ["loss_vs_size", "loss_vs_tokens", "loss_vs_compute", "entropy_check"])
def test_families_differ_without_colour(every, name):
    """In grey: no two series of one panel share marker and line style."""
    lines = [line for line in every[name].axes[0].lines if line.get_marker() not in ("None", "*", None)]
    marks = [line.get_marker() for line in lines]
    assert len(marks) == len(set(marks)) >= 5


def test_shades_keep_their_order_in_grey():
    grey = [np.dot(colour[:3], [0.299, 0.587, 0.114]) for colour in style.shades(6)]
    assert all(a - b > 0.02 for a, b in zip(grey, grey[1:]))


def test_world_draws_no_speed_up_through_shared_cores(every, ranks):
    """No line of two or more joined points reaches a W beyond the cores; those are drawn, open, and labelled."""
    speed, share = every["world"].axes[:2]
    for axes in (speed, share):
        for line in axes.lines:
            beyond = np.asarray(line.get_xdata(), dtype=float) > 2
            horizontal = len(set(np.asarray(line.get_ydata(), dtype=float))) == 1  # efficiency 1: a reference, no data
            assert not beyond.any() or line.get_linestyle() == "None" or horizontal
        apart = [line for line in axes.lines if line.get_linestyle() == "None" and len(line.get_xdata())]
        assert apart and all(line.get_markerfacecolor() == "white" for line in apart)
        assert any("subscribed" in text.get_text() for text in axes.texts)
    assert "no speed-up is claimed" in every["world"].labgpt_caption


def test_world_without_crowding_or_bytes(ranks):
    plain = {w: found | {"oversubscribed": False, "bytes_sent": None} for w, found in ranks.items()}
    figure = figures.world(plain)
    assert "no speed-up" not in figure.labgpt_caption and "not measured" in figure.labgpt_caption
    assert not any("subscribed" in text.get_text() for axes in figure.axes for text in axes.texts)
    assert figures.png(figures.world({"1": ranks["1"]}))
    assert ranks_room.APART["linestyle"] == "none"


def test_captions_say_what_the_table_says(every, table, sealed):
    means = table[table["tokens"] == sealed["tokens"]].groupby("n_matmul")["val_loss"].mean()
    assert f"{means.iloc[1] - means.iloc[0]:+.3f} nats" in every["loss_vs_size"].labgpt_caption
    assert f"n = {len(table)} points from 9 trunks and 1 held out" in every["loss_vs_size"].labgpt_caption
    assert "inside the range" in every["forecast"].labgpt_caption


def test_forecast_draws_the_sealed_law(table, law, sealed):
    """The curve is the sealed fit's, not one made after the measurement."""
    other = sealed | {"params": law.params | {"E": law.E_ * 1.5}}
    curve = figures.forecast(table, other, 1.0).axes[0].lines[0]
    assert curve.get_ydata()[0] - law.predict(curve.get_xdata()[0], sealed["tokens"]) == pytest.approx(law.E_ / 2)


def test_frontier_is_the_laws_optimum(table, law):
    C, N, loss = curves._frontier(table, law, [1e11, 1e12])
    for c, n, lowest in zip(C, N, loss):
        best = law.optimal(c, curves.per_token(table))
        assert n == pytest.approx(best.N, rel=0.05) and lowest == pytest.approx(best.loss, rel=1e-4)


def test_runs_left_out_of_the_fit_are_crosses_and_counted_apart(table, law):
    from labgpt.laws import Chinchilla

    kept = table[table["n_matmul"] > 11_000]
    figure = figures.isoflop(table, Chinchilla().fit(kept, bootstrap=0), budgets=[1e11])
    near = table[abs(np.log(table["flops"] / 1e11)) < np.log(curves.NEAR)]
    out = near[near["n_matmul"] < 11_000]
    crosses = [line for line in figure.axes[0].lines if line.get_marker() == "x"]
    assert len(out) and sorted(crosses[0].get_ydata()) == pytest.approx(sorted(out["val_loss"]))
    assert f"n = {len(near) - len(out)} runs of the {len(kept)} that" in figure.labgpt_caption
    assert f"and {len(out)} left out of it (crosses)" in figure.labgpt_caption
    assert "crosses" not in figures.isoflop(table, law, budgets=[1e11]).labgpt_caption


def test_residuals_say_the_bar_that_is_drawn(table, law):
    figure = figures.residuals(table, law)
    bars = [line for line in figure.axes[1].lines if line.get_marker() == "_"][0]
    at = np.abs(bars.get_ydata()).argmax()
    assert f"{bars.get_ydata()[at]:+.1f} % on average near D = {style.short(bars.get_xdata()[at])}" in figure.labgpt_caption


def test_logarithmic_axes_say_so_and_keep_both_ends(every):
    axes = every["lesson_band"].axes[0]
    assert axes.get_xlabel() == "model size N (matmul weights, log)" and axes.get_ylabel().endswith(", log)")
    assert axes.get_xticks()[[0, -1]].tolist() == [10_240, 466_944]
    assert "log" not in every["world"].axes[0].get_ylabel()


def test_flops_a_token_are_the_tables(table):
    count = curves.per_token(table)
    assert count(45_056) == pytest.approx((table["flops"] / table["tokens"])[table["n_matmul"] == 45_056].iloc[0])
    assert curves.per_token(table.drop(columns="flops"))(1000) == 6000


def test_band_is_the_one_given(table):
    at = table[table["tokens"] == table["tokens"].max()]
    figure = figures.lesson_band(at, at.iloc[[0]], band=lambda row: (row["val_loss"] - 0.5, row["val_loss"] + 0.5))
    low, high = figure.axes[0].collections[0].get_datalim(figure.axes[0].transData).intervaly
    assert low == pytest.approx(at.groupby("n_matmul")["val_loss"].first().min() - 0.5)
    assert high == pytest.approx(at.groupby("n_matmul")["val_loss"].first().max() + 0.5)
    assert "four standard deviations between seeds" in figure.labgpt_caption


@pytest.mark.parametrize("value, said", [(10_112, "10k"), (45_056, "45k"), (999, "999"), (999_900, "1M"), (1_310_720, "1.3M"),
                                         (2e11, "200G"), (1e12, "1T"), (0.05, "0.05"), (16, "16"), (5_248, "5.2k")])  # fmt: skip
def test_numbers_as_they_are_said(value, said):
    assert style.short(value) == said


def test_labels_are_spread_and_keep_their_order():
    places = style.spread([0.1, 0.11, 0.12, 0.8], 0.05)
    assert np.diff(places).min() >= 0.05 - 1e-9 and places[3] == 0.8
    assert np.mean(places[:3]) == pytest.approx(0.11)


def test_same_figure_same_bytes(table, law):
    """Twice drawn, and inside other settings: the same PNG; the settings around are left alone."""
    import matplotlib

    first = figures.png(figures.loss_vs_size(table, law))
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "lines.linewidth": 9}):
        assert figures.png(figures.loss_vs_size(table, law)) == first
        assert matplotlib.rcParams["font.size"] == 30


def test_saved_whole_at_980_pixels(every, tmp_path):
    from PIL import Image

    path = figures.save(every["world"], tmp_path / "deep" / "world.png")
    assert Image.open(path).size[0] == 980
    assert [p.name for p in path.parent.iterdir()] == ["world.png"]  # no temporary file left


def test_a_notebook_gets_caption_and_alt(every):
    figure = every["residuals"]
    bundle = figure._repr_mimebundle_()
    assert "data:image/png;base64," in bundle["text/html"] and "<figcaption" in bundle["text/html"]
    assert figure.labgpt_alt in bundle["text/plain"] and 'alt="Two scatter charts' in bundle["text/html"]


@pytest.mark.parametrize("call, said", [
    (lambda t, law: figures.loss_vs_size(t.drop(columns="val_loss")), "no column 'val_loss'"),
    (lambda t, law: figures.loss_vs_tokens(t.iloc[:0]), "no rows"),
    (lambda t, law: figures.seed_noise(t[t["seed"] == 0]), "two seeds"),
    (lambda t, law: figures.entropy_check(t, law, float("nan")), "true_E"),
    (lambda t, law: figures.forecast(t, {"predicted": 1.0}, 1.0), "sealed has no 'fit_from_tokens'"),
    (lambda t, law: figures.world({}), "world is empty"),
    (lambda t, law: figures.explore_tokens(t, fit_up_to=1), "fit_up_to = 1"),
    (lambda t, law: figures.explore_budget(law, -1), "budget = -1"),
    (lambda t, law: figures.explore_world({}, 1.0, 1.0), "steps = "),
    (lambda t, law: figures.sent([]), "records: none"),
])  # fmt: skip
def test_wrong_input_is_told_in_one_line(table, law, call, said):
    with pytest.raises(ValueError) as told:
        call(table, law)
    assert said in str(told.value) and "\n" not in str(told.value)


def test_importing_draws_nothing_in():
    heavy = ["matplotlib", "pandas", "scipy", "torch", "ipywidgets"]
    code = f"import sys, labgpt.figures, labgpt.figures.report; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_no_window_is_ever_opened(every):
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()
    assert isinstance(io.BytesIO(figures.png(every["isoflop"], dpi=50)).read(8), bytes)


def test_compare_draws_each_table_and_says_the_takeaway_first(table):
    figure = figures.compare({"small": table[table["d_model"] == 16], "large": table[table["d_model"] == 96]}, said="Large wins.")
    assert figure.labgpt_caption.startswith("Large wins. n = 15 runs, 2 seeds; lines join the means.")
    one = table[(table["d_model"] == 96) & (table["seed"] == 0)]
    assert figures.compare({"large": one}).labgpt_caption == "n = 5 runs at N = 467k, 1 seed."
    assert {"small", "large"} <= {text.get_text() for text in figure.axes[0].texts}
    with pytest.raises(ValueError, match="tables"):
        figures.compare({})
    with pytest.raises(ValueError, match="val_loss"):
        figures.compare({"none": table.drop(columns="val_loss")})


def test_the_modelled_part_is_drawn_apart_and_on_top():
    """Measured computing and modelled sending add up to the total; only the modelled one is hatched."""
    axes = figures.explore_world({1: 100, 2: [60, 64]}, 0.1, 1e6, bandwidth=1e6, latency=0.5).axes[0]
    own, sending = (sorted(bars, key=lambda b: b.get_x()) for bars in axes.containers[:2])
    assert [b.get_height() for b in own] == pytest.approx([10.0, 6.2])
    assert sending[1].get_y() == pytest.approx(6.2) and sending[1].get_height() == pytest.approx(62 * (2 * 0.5 + 1))
    assert all(b.get_hatch() for b in sending) and not any(b.get_hatch() for b in own)
