"""Loss against N, D and C: points are runs, lines the fitted law."""

import numpy as np

from . import style
from .style import GREY, RED, canvas, counted, end_labels, log_axis, looks, loss_axis, need, short, styled, told

NEAR = 1.25  # a run within this factor of a budget is drawn beside its isoFLOP curve
TALL = 1.5  # how far above the highest minimum an isoFLOP figure reaches


@styled
def loss_vs_size(table, law=None, held_out=None, bayes: float | None = None):
    """L(N), one line per token budget. held_out: rows kept from the fit; bayes: loss of the true distribution, nats."""
    return _family(table, law, "n_matmul", "tokens", held_out, bayes)


@styled
def loss_vs_tokens(table, law=None, held_out=None, bayes: float | None = None):
    """L(D), one line per model size."""
    return _family(table, law, "tokens", "n_matmul", held_out, bayes)


def _family(table, law, x: str, by: str, held_out, bayes):
    """Loss against column `x`, one line for each value of `by`; the law's lines where there is one, else the means'."""
    need(table, x, by, "val_loss")
    held = table.iloc[:0] if held_out is None else held_out
    figure, axes = canvas()
    xs = np.concatenate([table[x], held[x]])
    values, ends = sorted(table[by].unique()), []
    grid = np.geomspace(min(xs), max(xs), 100)
    for value, look in zip(values, looks(len(values)), strict=True):
        rows = table[table[by] == value]
        means = rows.groupby(x)["val_loss"].mean()
        N, D = (grid, value) if x == "n_matmul" else (value, grid)
        line = (means.index, means.to_numpy()) if law is None else (grid, law.predict(N, D))
        axes.plot(*line, color=look["color"], linestyle=look["linestyle"])
        axes.plot(rows[x], rows["val_loss"], color=look["color"], marker=look["marker"], linestyle="none", alpha=0.9)
        ends.append((line[0][-1], line[1][-1], _said(by, value), look["color"]))
    log_axis(axes.xaxis, xs, x)
    loss_axis(axes, [*table["val_loss"], *held["val_loss"], *(end[1] for end in ends), *([] if bayes is None else [bayes])])
    if len(held):
        axes.plot(held[x], held["val_loss"], "*", color=RED, markersize=14, markeredgecolor="white", label="held out")
        axes.legend(loc="upper right")
    if bayes is not None:
        style.floor_at(axes, bayes)
    end_labels(axes, ends)
    lines = "lines are the fitted law" if law is not None else "lines join the means"
    return told(
        figure,
        f"{_takeaway(table, x, by)} {counted(table)}{f' and {len(held)} held out' if len(held) else ''}; {lines}.",
        f"Line chart of validation loss against {'model size' if x == 'n_matmul' else 'training tokens'}, both axes "
        f"logarithmic, one line for each of {len(values)} {'token budgets' if by == 'tokens' else 'model sizes'}.",
    )


def _said(column: str, value: float) -> str:
    return f"{short(value)} tokens" if column == "tokens" else f"N = {short(value)}"


def _takeaway(table, x: str, by: str) -> str:
    """What the first and the last step along the last line buy."""
    rows = table[table[by] == table[by].max()]
    means = rows.groupby(x)["val_loss"].mean()
    if len(means) < 3:
        return f"At {_said(by, table[by].max())}."
    gain, at = np.diff(means), [short(value) for value in means.index]
    return (
        f"At {_said(by, table[by].max())}, the first step in {'N' if x == 'n_matmul' else 'D'} ({at[0]} to {at[1]}) changes the loss "
        f"by {gain[0]:+.3f} nats, the last ({at[-2]} to {at[-1]}) by {gain[-1]:+.3f}."
    )


@styled
def loss_vs_compute(table, law=None):
    """All points against training FLOPs, their lower envelope, and the law's compute-optimal frontier."""
    need(table, "n_matmul", "flops", "tokens", "val_loss")
    figure, axes = canvas()
    sizes, ends = sorted(table["n_matmul"].unique()), []
    for size, look in zip(sizes, looks(len(sizes)), strict=True):
        rows = table[table["n_matmul"] == size]
        means = rows.groupby("flops")["val_loss"].mean()
        axes.plot(means.index, means, color=look["color"], linestyle=look["linestyle"], linewidth=1)
        axes.plot(rows["flops"], rows["val_loss"], color=look["color"], marker=look["marker"], linestyle="none")
        ends.append((means.index[-1], means.iloc[-1], f"N = {short(size)}", look["color"]))
    ordered, shown = table.sort_values("flops"), [table["val_loss"]]
    axes.step(ordered["flops"], ordered["val_loss"].cummin(), where="post", color=GREY, linewidth=5, alpha=0.35,
              label="best run so far")  # fmt: skip
    said = "The best run at each compute budget (grey) moves from small models to large ones."
    if law is not None:
        C, N, loss = _frontier(table, law, np.geomspace(table["flops"].min(), table["flops"].max(), 60))
        axes.plot(C, loss, color=RED, linestyle=(0, (4, 2)), linewidth=2, label="law, best split of C")
        said += f" On the law's frontier (red, dashed) the best size grows as C^{np.polyfit(np.log(C), np.log(N), 1)[0]:.2f}."
        shown.append(loss)
    log_axis(axes.xaxis, table["flops"], "flops", margin=0.05, exact=False)
    loss_axis(axes, np.concatenate(shown))
    end_labels(axes, ends)
    axes.legend(loc="upper right")
    return told(
        figure,
        f"{said} {counted(table)}.",
        f"Scatter chart of validation loss against training compute, logarithmic, one marker for each of {len(sizes)} "
        "model sizes, with the lower envelope of the points" + (" and the law's frontier." if law is not None else "."),
    )


def per_token(table):
    """N -> training FLOPs a token, by interpolation between the table's own exact counts; 6N without them."""
    if "flops" not in table:
        return lambda N: 6 * np.asarray(N, dtype=float)
    counts = (table["flops"] / table["tokens"]).groupby(table["n_matmul"]).median()
    x, y = np.log(counts.index.to_numpy(dtype=float)), np.log(counts.to_numpy(dtype=float))

    def count(N):
        at = np.log(np.asarray(N, dtype=float))
        beyond = at - np.clip(at, x[0], x[-1])  # outside the table FLOPs grow as N, as they do for wide models
        return np.exp(np.interp(at, x, y) + beyond)

    return count


def _frontier(table, law, budgets):
    """C, and the N and loss of the law's best split of each: the lowest of 400 sizes, exact FLOPs."""
    C = np.asarray(budgets, dtype=float)
    N = np.geomspace(table["n_matmul"].min() / 10, table["n_matmul"].max() * 10, 400)
    loss = law.predict(N[None, :], C[:, None] / per_token(table)(N)[None, :])
    best = loss.argmin(axis=1)
    return C, N[best], loss[np.arange(len(C)), best]


@styled
def isoflop(table, law, budgets=None):
    """The law's loss against N at fixed compute, its minima, and the runs near each budget: fitted open, the rest crosses."""
    need(table, "n_matmul", "tokens", "flops", "val_loss")
    figure, axes = canvas()
    C, best, lowest = _frontier(table, law, _budgets(table) if budgets is None else sorted(budgets))
    sizes, shown, curves = table["n_matmul"], [*lowest], []
    fitted = {*zip(*law.data_["axes"], law.data_["y"], strict=True)} if hasattr(law, "data_") else None
    rows = table[["n_matmul", "tokens", "val_loss"]].itertuples(index=False, name=None)
    used, drawn = np.array([fitted is None or row in fitted for row in rows]), np.zeros(len(table), bool)
    grid = np.geomspace(min(sizes.min(), best.min()) * 0.8, max(sizes.max(), best.max()) * 1.25, 200)
    for budget, look in zip(C, looks(len(C)), strict=True):
        near = np.abs(np.log(table["flops"] / budget)).to_numpy() < np.log(NEAR)
        curves.append((f"{short(budget)} FLOPs", law.predict(grid, budget / per_token(table)(grid)), look["color"]))
        axes.plot(grid, curves[-1][1], color=look["color"], linestyle=look["linestyle"])
        for points, marker in ((table[near & used], look["marker"]), (table[near & ~used], "x")):
            axes.plot(points["n_matmul"], points["val_loss"], color=look["color"], marker=marker, linestyle="none",
                      markerfacecolor="white", markeredgewidth=1.6, markersize=7)  # fmt: skip
        drawn, shown = drawn | near, [*shown, *table["val_loss"][near]]
    axes.plot(best, lowest, **style.BEST, linestyle=":", linewidth=1.4, label="best size for C, by the law")
    beyond = (best < sizes.min()) | (best > sizes.max())
    log_axis(axes.xaxis, grid if beyond.any() else sizes.unique(), "n_matmul", exact=not beyond.any())
    axes.set_xlim(grid[0], grid[-1])
    top = min(max(shown) * (max(shown) / min(shown)) ** 0.12, TALL * lowest.max())  # the curves rise for ever
    loss_axis(axes, [min(shown), top])
    _label_valleys(axes, grid, curves)
    axes.legend(loc="best")
    said = f"; {sum(s > top for s in shown)} of them above this frame" if max(shown) > top else ""
    if beyond.any():
        said += f"; {beyond.sum()} of the best sizes lie outside those trained, where the law is a guess"
    grows = f": it grows as C^{np.polyfit(np.log(C), np.log(best), 1)[0]:.2f}" if len(C) > 1 else ""
    left = f", and {sum(drawn & ~used)} left out of it (crosses)" if (drawn & ~used).any() else ""
    of = f"of the {law.n_points_} that the law was fitted to " if fitted else ""
    return told(
        figure,
        f"Each compute budget C has a best size by the fitted law (lines){grows}. n = {sum(drawn & used)} runs {of}(open){left}, "
        f"each within {NEAR - 1:.0%} of its line's budget{said}.",
        f"Line chart of the law's loss against model size, one valley for each of {len(C)} compute budgets, its minimum marked, "
        "with the runs near each budget as points.",
    )


def _label_valleys(axes, grid, curves) -> None:
    """Name each curve (text, losses, colour) where it leaves the frame: on the right, or through the top."""
    right, top = axes.get_xlim()[1], axes.get_ylim()[1]
    ends = [(np.flatnonzero((grid <= right) & (loss <= top))[-1], *curve) for curve in curves for loss in curve[1:2]]
    beside = [(grid[i], loss[i], said, colour) for i, said, loss, colour in ends if i + 1 == len(grid) or grid[i + 1] > right]
    above = [(grid[i], said, colour) for i, said, _, colour in ends if i + 1 < len(grid) and grid[i + 1] <= right]
    end_labels(axes, beside)
    to_fraction = axes.transScale + axes.transLimits
    for place, (x, said, colour) in zip(style.spread([to_fraction.transform((x, top))[0] for x, *_ in above], 0.16), above, strict=True):
        leader = {"arrowstyle": "-", "color": colour, "lw": 0.7, "alpha": 0.6, "shrinkA": 1, "shrinkB": 0}
        axes.annotate(said, (x, top), (place, 1.03), textcoords="axes fraction", ha="center", va="bottom",
                      annotation_clip=False, arrowprops=leader)  # fmt: skip


def _budgets(table, most: int = 4) -> list[float]:
    """Up to `most` budgets that have the most sizes within the factor NEAR, far enough apart to share no run."""
    flops, sizes = table["flops"].to_numpy(dtype=float), table["n_matmul"].to_numpy()
    near = np.abs(np.log(flops[:, None] / flops[None, :])) < np.log(NEAR)
    met = [len(np.unique(sizes[row])) for row in near]
    middle = np.abs(np.log(flops) - np.log(flops).mean())  # of two with as many, the one nearer the table's middle
    chosen: list[float] = []
    for row in sorted(range(len(flops)), key=lambda r: (-met[r], middle[r])):
        if len(chosen) < most and all(abs(np.log(flops[row] / c)) >= 2 * np.log(NEAR) for c in chosen):
            chosen.append(float(flops[row]))
    return sorted(chosen)
