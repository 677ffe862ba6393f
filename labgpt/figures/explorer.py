"""Explorers: a pure function from parameters to a figure, and a thin layer of controls that calls it again.

explorer(explore_tokens, table, fit_up_to=[262_144, 524_288, 1_048_576])

No `interact` and no output widget: the picture is an Image widget, so it works on ipywidgets 7.7 and 8, and in Colab.
"""

import html
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from labgpt import cost

from . import style
from .style import GREY, INK, RED, canvas, end_labels, log_axis, loss_axis, need, png, short, styled, told


def explorer(make_figure: Callable, *data, **controls):
    """A VBox of controls, the picture and its caption; a control that moves draws the picture anew.

    make_figure(*data, **values) -> Figure. Each control is a list of choices (numbers become a slider, words a menu) or a tuple
    (low, high, step) of whole numbers (a slider). A ValueError of make_figure is told under the picture. ValueError: a control
    of another kind.
    """
    import ipywidgets as widgets

    made = {key: _control(key, value) for key, value in controls.items()}
    picture, caption = widgets.Image(format="png", width=700), widgets.HTML()

    def draw(_change=None) -> None:
        try:
            figure = make_figure(*data, **{key: control.value for key, control in made.items()})
        except ValueError as problem:
            caption.value = f"<b>{html.escape(str(problem))}</b>"
            return
        picture.value, caption.value = png(figure, dpi=100), html.escape(getattr(figure, "labgpt_caption", ""))

    for control in made.values():
        control.observe(draw, names="value")
    draw()
    return widgets.VBox([*made.values(), picture, caption])


def _control(key: str, value):
    import ipywidgets as widgets

    look = {"description": key.replace("_", " "), "style": {"description_width": "110px"}, "layout": widgets.Layout(width="430px")}
    if isinstance(value, tuple) and len(value) == 3 and all(isinstance(v, int) for v in value):
        low, high, step = value
        return widgets.IntSlider(value=low, min=low, max=high, step=step, continuous_update=False, **look)
    if isinstance(value, list | np.ndarray) and len(value):
        if any(isinstance(v, str) for v in value):
            return widgets.Dropdown(options=list(value), value=value[0], **look)
        options = [(short(v), v) for v in value]
        return widgets.SelectionSlider(options=options, value=value[-1], continuous_update=False, **look)
    raise ValueError(f"{key} = {value!r}: allowed is a list of choices, or (low, high, step)")


@styled
def explore_tokens(table, fit_up_to: float | None = None):
    """L(D) of the largest size, the floor if the table knows it, and the straight line through the budgets up to `fit_up_to`."""
    need(table, "tokens", "n_matmul", "val_loss")
    *smaller, size = sorted(table["n_matmul"].unique())
    means = table[table["n_matmul"] == size].groupby("tokens")["val_loss"].mean()
    used = means[means.index <= (means.index[-1] if fit_up_to is None else fit_up_to)]
    if len(used) < 2:
        raise ValueError(f"fit_up_to = {fit_up_to}: fewer than two points lie below it; allowed is {means.index[:2][-1]} or more")
    slope, level = np.polyfit(np.log(used.index), np.log(used), 1)
    figure, axes = canvas(height=4.0)
    for other in smaller:
        others = table[table["n_matmul"] == other].groupby("tokens")["val_loss"].mean()
        axes.plot(others.index, others, color=GREY, alpha=0.45, linewidth=1)
    axes.plot(means.index, means, color=INK, linewidth=1)
    line = np.exp(level) * means.index.to_numpy(dtype=float) ** slope
    axes.plot(means.index, line, "--", color=RED)
    axes.plot(means.index, means, "o", color=INK, markersize=8, markerfacecolor="white", markeredgewidth=1.6)
    axes.plot(used.index, used, "o", color=INK, markersize=8)
    log_axis(axes.xaxis, table["tokens"].unique(), "tokens")
    floor = table["bayes_loss"].mean() if "bayes_loss" in table else np.nan
    loss_axis(axes, [*table["val_loss"], *line, *([] if np.isnan(floor) else [floor])])
    if not np.isnan(floor):
        style.floor_at(axes, floor)
    off = means.iloc[-1] / line[-1] - 1
    end_labels(axes, [(means.index[-1], line[-1], "straight line", RED), (means.index[-1], means.iloc[-1], "measured", INK)])
    return told(
        figure,
        f"A straight line on log axes is a power law without a floor: through the {len(used)} filled points, D^{slope:.3f}. The last run "
        f"lies {abs(off):.1%} {'above' if off > 0 else 'below'} it. n = {len(means)} points at N = {short(size)}.",
        f"Chart of loss against training tokens at N = {short(size)}, with a straight line fitted to the points up to a chosen "
        "limit and run on.",
    )


@styled
def explore_budget(law, budget: float = 1e11, size: float | None = None, flops_per_token: Callable | None = None,
                   sizes: tuple[float, float] = (3e3, 3e6)):  # fmt: skip
    """The law's loss against N when C = `budget` FLOPs are spent, its best size, and what a chosen size would give.

    D = C / flops_per_token(N), 6N without it. sizes: the axis, the same for every budget unless the best lies outside.
    """
    if not budget > 0:
        raise ValueError(f"budget = {budget!r}: allowed is training FLOPs > 0, such as 1e11")
    per = flops_per_token or (lambda N: 6 * N)
    best = law.optimal(budget, flops_per_token)
    size = best.N if size is None else size
    grid = np.geomspace(min(best.N, size, sizes[0]), max(best.N, size, sizes[1]), 300)
    loss, mine = law.predict(grid, [budget / per(n) for n in grid]), float(law.predict(size, budget / per(size)))
    figure, axes = canvas(height=4.0)
    axes.plot(grid, loss, color=INK)
    axes.plot([best.N], [best.loss], **style.BEST, linestyle="none", label=f"best: N = {short(best.N)}, D = {short(best.D)}")
    axes.plot([size], [mine], "*", color=RED, markersize=17, markeredgecolor="white",
              label=f"yours: N = {short(size)}, D = {short(budget / per(size))}")  # fmt: skip
    log_axis(axes.xaxis, grid, "n_matmul", margin=0.0)
    loss_axis(axes, [*np.minimum(loss, 2 * best.loss), mine])  # the valley's walls rise for ever
    axes.legend(loc="upper center")
    return told(
        figure,
        f"C = {short(budget)} FLOPs: by the law the best split into N and D reaches {best.loss:.4f} nats/token, yours {mine:.4f} "
        f"({mine / best.loss - 1:+.1%}). D is C over {'the FLOPs of a token, attention too' if flops_per_token else '6N'}. No run is drawn"
        f"{f'; the law stands on n = {law.n_points_} of them' if hasattr(law, 'n_points_') else ''}.",
        "Valley-shaped chart of the law's loss against model size at one compute budget, its minimum and your size marked.",
    )


@styled
def explore_world(steps: Mapping[int, float | Sequence[float]], compute_s: float, n_bytes: float, bandwidth: float = 1e9,
                  latency: float = 1e-4):  # fmt: skip
    """Seconds to a target loss against W: steps × (a worker's own step, measured, solid + the ring, modelled, hatched).

    steps: {W: steps to the target at W times the batch}, measured, one a seed; compute_s: of one worker's step, measured; n_bytes
    of gradients; bandwidth bytes/s and latency s of a link, the model's.
    """
    ranks = sorted(steps)
    if not ranks or compute_s <= 0 or bandwidth <= 0:
        raise ValueError(f"steps = {dict(steps)}, compute_s = {compute_s}, bandwidth = {bandwidth}: allowed is > 0, one W or more")
    seeds = [np.atleast_1d(steps[w]) for w in ranks]
    count = np.array([np.mean(s) for s in seeds])
    talk = np.array([cost.ring_all_reduce_seconds(n_bytes, w, latency, bandwidth) if w > 1 else 0.0 for w in ranks])
    total, at = count * (compute_s + talk), np.arange(len(ranks))
    ends = np.abs([[np.min(s) / np.mean(s) - 1, np.max(s) / np.mean(s) - 1] for s in seeds]).T * total
    figure, axes = canvas(height=4.0)
    axes.bar(at, count * compute_s, 0.6, color="#8fb3d9", edgecolor=INK, linewidth=0.8, label="workers' own steps (measured)")
    axes.bar(at, count * talk, 0.6, count * compute_s, color="white", edgecolor=INK, hatch="///", linewidth=0.8, label="sending (modelled)")
    axes.errorbar(at, total, ends, fmt="none", ecolor=INK, capsize=4, zorder=4)
    axes.plot(at, total[0] * ranks[0] / np.array(ranks), "_", color=RED, markersize=22, markeredgewidth=2, label="perfect: time ÷ W")
    best = int(np.argmin(total))
    axes.annotate("fastest", (best, total[best] + ends[1, best]), ha="center", xytext=(0, 5), textcoords="offset points", weight="bold")
    axes.set_xticks(at, [f"W = {w}" for w in ranks])
    axes.set_ylim(0, 1.35 * max(total + ends[1]))
    axes.grid(False, axis="x")
    axes.legend(loc="upper right", ncols=2)
    axes.set_xlabel("world size W (workers)")
    axes.set_ylabel("time to the target loss (s)")
    return told(
        figure,
        f"At {short(bandwidth)}B/s and {latency * 1e6:.0f} µs a message, W = {ranks[best]} is fastest: {total[best]:.3g} s, against "
        f"{total[0]:.3g} s at W = {ranks[0]}. n = {sum(map(len, seeds))} step counts, measured like one worker's "
        "step (whiskers: least, most); the network is modelled.",
        "Bars of time to a target loss against world size: measured computing, modelled sending hatched on top, marks of perfect scaling.",
    )
