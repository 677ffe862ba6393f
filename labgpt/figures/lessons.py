"""The lessons' own figures: the reference band with the learner's run on it, and runs of two or more kinds side by side."""

from collections.abc import Callable, Mapping

import numpy as np

from .style import AXES, RED, canvas, end_labels, fixed, floor_at, log_axis, looks, loss_axis, need, styled, told


@styled
def lesson_band(reference, live, band: Callable, x: str = "n_matmul"):
    """The reference band over column `x`, with the live rows on it as stars.

    band: row -> (low, high), such as Lesson.band. Where the reference holds several budgets (or sizes), each has a band of its own.
    """
    by = "tokens" if x != "tokens" else "n_matmul"
    need(reference, x, by, "seed", "val_loss")
    need(live, x, "val_loss")
    groups = sorted(reference[by].unique())
    figure, axes = canvas()
    ends, shown = [], [*live["val_loss"]]
    for value, look in zip(groups, looks(len(groups)), strict=True):
        rows = reference[reference[by] == value]
        means = rows.groupby(x)["val_loss"].mean()
        at, middle = means.index.to_numpy(), means.to_numpy()
        low, high = np.array([band(rows[rows[x] == one].iloc[0]) for one in at]).T
        axes.fill_between(at, low, high, color=look["color"], alpha=0.25, linewidth=0)
        axes.plot(at, middle, **look, markersize=5)
        held, shown = fixed(rows, x), [*shown, *low, *high]
        ends.append((at[-1], middle[-1], "reference" if len(groups) == 1 else held.removeprefix(" at "), look["color"]))
    axes.plot(live[x], live["val_loss"], "*", color=RED, markersize=17, markeredgecolor="white", zorder=1.8, label="your run")
    log_axis(axes.xaxis, [*reference[x].unique(), *live[x]], x)
    loss_axis(axes, shown)
    end_labels(axes, ends)
    axes.legend(loc="best")
    stars, many = ", ".join(f"{v:.3f}" for v in live["val_loss"]), "s" if len(live) > 1 else ""
    seeds, grows = reference["seed"].nunique(), {"tokens": "D", "n_matmul": "N"}.get(x, x)
    return told(
        figure,
        f"Validation loss goes from {middle[0]:.3f} to {middle[-1]:.3f} as {grows} grows {at[-1] / at[0]:.3g}-fold{held}. Your run{many} "
        f"(star{many}): {stars}. Band: four standard deviations between seeds, either way. n = {len(reference)} reference runs, "
        f"{seeds} seed{'s' if seeds > 1 else ''}, and {len(live)} of yours.",
        f"Line chart of {AXES['val_loss']} against {AXES.get(x, x)}: a band from reference runs with your own run on it as a star.",
    )


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
