"""Lesson 01's figures: where the curve bends, what size costs, and what too few tokens do."""

import numpy as np

from .style import GREY, INK, RED, canvas, end_labels, fixed, floor_at, log_axis, looks, need, short, styled, told


@styled
def bend(table, floor: float, fit_up_to: float | None = None):
    """Loss above the floor against N, and the power law through the sizes up to `fit_up_to` (else the two smallest) run on.

    floor: nats a token. ValueError: fewer than three sizes, a loss not above the floor, or fewer than two sizes to fit.
    """
    need(table, "n_matmul", "val_loss")
    above = table.groupby("n_matmul")["val_loss"].mean() - floor
    if len(above) < 3 or not (above > 0).all():
        raise ValueError(f"table has {len(above)} sizes, floor = {floor}: allowed is 3 sizes or more, every loss above the floor")
    used = above[above.index <= (above.index[1] if fit_up_to is None else fit_up_to)]
    if len(used) < 2:
        raise ValueError(f"fit_up_to = {fit_up_to}: fewer than two sizes lie below it; allowed is {above.index[1]} or more")
    slope, level = np.polyfit(np.log(used.index), np.log(used), 1)
    line = np.exp(level) * above.index.to_numpy(dtype=float) ** slope
    figure, axes = canvas(height=4.0)
    axes.plot(above.index, line, "--", color=RED, zorder=3)
    axes.plot(above.index, above, "o-", color=INK, markersize=8, markerfacecolor="white", markeredgewidth=1.6)
    axes.plot(used.index, used, "o", color=INK, markersize=8)
    log_axis(axes.xaxis, above.index, "n_matmul")
    log_axis(axes.yaxis, [*above, *line], "loss above the floor (nats/token)", exact=False)
    end_labels(axes, [(above.index[-1], line[-1], "power law", RED), (above.index[-1], above.iloc[-1], "measured", INK)])
    return told(
        figure,
        f"The power law through the {len(used)} filled sizes falls as N^{slope:.2f}. It puts the largest model {line[-1]:.3f} above the "
        f"floor; measured: {above.iloc[-1]:.3f}. n = {len(table)} runs of {len(above)} sizes{fixed(table)}.",
        "Line chart on two logarithmic axes of the loss above the floor against model size: the measured line bends away "
        "from a straight dashed line through its first points.",
    )


@styled
def price(table):
    """Time a token (column seconds over tokens) and memory (column megabytes) against N; dashed: in step with N."""
    need(table, "n_matmul", "tokens", "seconds", "megabytes")
    time = (1e6 * table["seconds"] / table["tokens"]).groupby(table["n_matmul"]).median()
    panels = {"time (µs/token)": time, "memory (MB)": table.groupby("n_matmul")["megabytes"].mean()}
    figure, both = canvas(1, 2, height=3.2)
    for axes, (label, values) in zip(both, panels.items(), strict=True):
        step = values.iloc[0] * values.index.to_numpy(dtype=float) / values.index[0]
        axes.plot(values.index, step, "--", color=GREY, label="in step with N")
        axes.plot(values.index, values, "o-", color=INK, markersize=7, label="these models")
        log_axis(axes.xaxis, values.index, "N (matmul weights)", gap=0.15)
        log_axis(axes.yaxis, [*values, *step], label, exact=False)
    both[0].legend(loc="upper left")
    grown = [v.iloc[-1] / v.iloc[0] for v in panels.values()]
    return told(
        figure,
        f"From N = {short(time.index[0])} to {short(time.index[-1])} (×{time.index[-1] / time.index[0]:.0f}), a token takes "
        f"×{grown[0]:.0f} the time and training ×{grown[1]:.0f} the memory. n = {len(table)} runs; time: measured, the median over "
        "seeds; memory: counted.",
        "Two line charts on logarithmic axes, time a token and memory against model size, each beside a dashed line in step with N.",
    )


@styled
def epochs(table, floor: float, unique_tokens: int):
    """Validation (filled, solid) and training loss (open, dotted) against passes over the same tokens, one colour a size."""
    need(table, "d_model", "tokens", "train_loss", "val_loss")
    figure, axes = canvas(height=4.2)
    widths, ends, lowest = sorted(table["d_model"].unique()), [], []
    for width, look in zip(widths, looks(len(widths)), strict=True):
        means = table[table["d_model"] == width].groupby("tokens")[["val_loss", "train_loss"]].mean()
        lowest.append(f"{means['val_loss'].idxmin() / unique_tokens:g}")
        x, plain = means.index / unique_tokens, {"color": look["color"], "marker": look["marker"]}
        axes.plot(x, means["val_loss"], **plain)
        axes.plot(x, means["train_loss"], **plain, linestyle=":", markerfacecolor="white")
        for column, said in (("val_loss", "validation"), ("train_loss", "training")):
            ends.append((x[-1], means[column].iloc[-1], f"width {width}, {said}", look["color"]))
    log_axis(axes.xaxis, sorted(table["tokens"].unique() / unique_tokens), f"epochs (passes over the same {unique_tokens:,} tokens)")
    axes.set_ylim(0, 1.04 * table[["train_loss", "val_loss"]].max().max())
    floor_at(axes, floor, "floor on new text")
    end_labels(axes, ends)
    axes.set_ylabel("loss (nats/token)")
    seeds = f"means of {table['seed'].nunique()} seeds" if "seed" in table and table["seed"].nunique() > 1 else "one seed"
    return told(
        figure,
        f"Validation loss (filled) is lowest after {', '.join(lowest)} epochs at widths {', '.join(map(str, widths))}; training loss "
        f"(open) falls on, to {table['train_loss'].min():.2f} nats. n = {len(table)} runs, {seeds}.",
        "Line chart of training and validation loss against passes over the same tokens: every training line falls below "
        f"the floor, every validation line falls and then rises, steepest for width {widths[-1]}.",
    )
