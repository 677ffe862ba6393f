"""The lessons' own figures: the reference band with the learner's run on it, and runs of two or more kinds side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from .style import AXES, RED, canvas, end_labels, fixed, floor_at, log_axis, looks, loss_axis, need, styled, told

WIDEN = 0.003  # of the value, on both sides, where no band is given


@styled
def lesson_band(reference, live, x: str = "n_matmul", y: str = "val_loss", band: Callable | None = None, widen: float = WIDEN):
    """The reference band over column `x`, with the live rows on it as stars.

    band: row -> (low, high), such as Lesson.band; without it, min … max over the reference seeds, widened by the fraction
    `widen` of the value. Where the reference holds several budgets (or sizes), each has a band of its own.
    """
    need(reference, x, y)
    need(live, x, y)
    by = "tokens" if x != "tokens" else "n_matmul"
    reference = reference.dropna(subset=[y])
    groups = sorted(reference[by].unique()) if by in reference else [None]
    figure, axes = canvas()
    ends, lows, highs = [], [], []
    for value, look in zip(groups, looks(len(groups)), strict=True):
        rows = reference if value is None else reference[reference[by] == value]
        at, low, high, middle = _band(rows, x, y, band, widen)
        axes.fill_between(at, low, high, color=look["color"], alpha=0.25, linewidth=0)
        axes.plot(at, middle, **look, markersize=5)
        lows, highs = [*lows, *low], [*highs, *high]
        held = fixed(rows, x)
        ends.append((at[-1], middle[-1], "reference" if len(groups) == 1 else held.removeprefix(" at "), look["color"]))
    axes.plot(live[x], live[y], "*", color=RED, markersize=17, markeredgecolor="white", zorder=1.8, label="your run")
    log_axis(axes.xaxis, [*reference[x].unique(), *live[x]], x)
    shown = [*lows, *highs, *live[y]]
    if y == "seconds":
        log_axis(axes.yaxis, shown, y)
    else:
        loss_axis(axes, shown, y)
    end_labels(axes, ends)
    axes.legend(loc="best")
    seeds = reference["seed"].nunique() if "seed" in reference else 1
    how = "four standard deviations between seeds, either way" if band else f"min … max over seeds, widened by {widen:.1%}"
    stars, many = ", ".join(f"{v:.3f}" for v in live[y]), "s" if len(live) > 1 else ""
    kind, grows = AXES.get(y, y).split(" (")[0].capitalize(), {"tokens": "D", "n_matmul": "N"}.get(x, x)
    return told(
        figure,
        f"{kind} goes from {middle[0]:.3f} to {middle[-1]:.3f} as {grows} grows {at[-1] / at[0]:.3g}-fold{held}. Your run{many} "
        f"(star{many}): {stars}. Band: {how}. n = {len(reference)} reference runs, {seeds} seed{'s' if seeds > 1 else ''}, and "
        f"{len(live)} of yours.",
        f"Line chart of {AXES.get(y, y)} against {AXES.get(x, x)}: a band from reference runs with your own run on it as a star.",
    )


def _band(rows, x: str, y: str, band, widen: float):
    """x values, low, high and mean at each, rising in x."""
    cells = rows.groupby(x)[y]
    at, middle = cells.mean().index.to_numpy(), cells.mean().to_numpy()
    if band is None:
        return at, cells.min().to_numpy() * (1 - widen), cells.max().to_numpy() * (1 + widen), middle
    limits = np.array([band(rows[rows[x] == value].iloc[0]) for value in at])
    return at, limits[:, 0], limits[:, 1], middle


@styled
def compare(tables: Mapping[str, object], x: str = "tokens", y: str = "val_loss", floor: float | None = None, said: str = ""):
    """One line for each {name: table}: the mean at each x through its points. floor: drawn where no model can be lower.

    said: the takeaway, which the caption opens with.
    """
    if not tables:
        raise ValueError("tables = {}: allowed is one table or more by name, such as {'cooled': runs}")
    import pandas as pd

    figure, axes = canvas()
    ends, xs, ys = [], [], [] if floor is None else [floor]
    for (title, table), look in zip(tables.items(), looks(len(tables)), strict=True):
        need(table, x, y)
        means = table.groupby(x)[y].mean()
        axes.plot(means.index, means, color=look["color"], linestyle=look["linestyle"])
        axes.plot(table[x], table[y], color=look["color"], marker=look["marker"], linestyle="none", alpha=0.9)
        ends.append((means.index[-1], means.iloc[-1], title, look["color"]))
        xs, ys = [*xs, *table[x]], [*ys, *table[y]]
    log_axis(axes.xaxis, np.unique(xs), x)
    loss_axis(axes, ys, y)
    if floor is not None:
        floor_at(axes, floor)
    end_labels(axes, ends)
    runs, kinds = pd.concat(tables.values()), ", ".join(tables)
    seeds = runs["seed"].nunique() if "seed" in runs else 1
    joined = "; lines join the means" if any(table.duplicated(x).any() for table in tables.values()) else ""
    return told(
        figure,
        f"{said} n = {len(runs)} runs{fixed(runs, x)}, {seeds} seed{'s' if seeds > 1 else ''}{joined}.".strip(),
        f"Line chart of {AXES.get(y, y)} against {AXES.get(x, x)}, one line each for: {kinds}.",
    )
