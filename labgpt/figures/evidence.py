"""How far to believe a law: residuals, noise between seeds, a known floor, a forecast sealed before it was measured."""

import numpy as np

from labgpt.laws import Chinchilla

from .style import BLUE, GREY, INK, RED, canvas, counted, log_axis, looks, loss_axis, need, short, styled, told


@styled
def residuals(table, law):
    """Log residuals, measured over fitted, against N and against D (%); a bar marks the mean at each value."""
    need(table, "n_matmul", "tokens", "val_loss")
    left = 100 * (np.log(table["val_loss"]) - np.log(law.predict(table["n_matmul"], table["tokens"])))
    rms = float(np.sqrt(np.mean(left**2)))
    figure, both = canvas(1, 2, height=3.6, sharey=True)
    for axes, column in zip(both, ("n_matmul", "tokens"), strict=True):
        axes.axhspan(-rms, rms, color=GREY, alpha=0.16, linewidth=0)
        axes.axhline(0, color=INK, linewidth=1)
        axes.plot(table[column], left, "o", color=BLUE, markersize=5, alpha=0.75, markeredgecolor="white")
        means, gap = left.groupby(_neighbours(table[column])).mean(), 0.1 if column == "n_matmul" else 0.14
        axes.plot(means.index, means, marker="_", color=RED, markersize=17, markeredgewidth=2.5, linewidth=1, linestyle=":")
        log_axis(axes.xaxis, table[column].unique(), column, margin=0.09, gap=gap)
    both[0].set_ylabel("log residual, measured / law (%)")
    bar, far = means.abs().idxmax(), table.iloc[int(np.argmax(left.abs()))]  # `means` is over D, the last panel
    return told(
        figure,
        f"The law misses by {rms:.2f} % rms (grey), and by {means[bar]:+.1f} % on average near D = {short(bar)}: bars (means) that "
        f"wander show a wrong form. Farthest: N = {short(far['n_matmul'])}, D = {short(far['tokens'])}, in both panels. {counted(table)}.",
        "Two scatter charts of the law's log residuals in per cent, against model size and against training tokens, "
        f"with means and a band of one rms, {rms:.2f} per cent.",
    )


def _neighbours(values, gap: float = 0.15):
    """Each value's neighbourhood, named by its middle: values nearer than `gap` in logarithm are one (isoFLOP budgets)."""
    different = np.sort(values.unique())
    groups = np.split(different, np.flatnonzero(np.diff(np.log(different)) > gap) + 1)
    return values.map({value: float(np.sqrt(group[0] * group[-1])) for group in groups for value in group})


@styled
def seed_noise(table):
    """Standard deviation between seeds of the same cell, in % of the loss, against D; one marker per size and corpus."""
    need(table, "corpus", "n_matmul", "tokens", "seed", "val_loss")
    cells = table.groupby(["corpus", "n_matmul", "tokens"])["val_loss"].agg(["mean", "std", "count"]).reset_index()
    cells = cells[cells["count"] > 1]
    if not len(cells):
        raise ValueError("table has no (size, tokens) with two seeds: train one again with another seed")
    cells["noise"] = 100 * cells["std"] / cells["mean"]
    corpora = sorted(cells["corpus"].unique())
    sizes = sorted(cells["n_matmul"].unique())
    figure, row = canvas(1, len(corpora), height=3.9, sharey=True, squeeze=False)
    said = []
    for axes, corpus in zip(row[0], corpora, strict=True):
        rows = cells[cells["corpus"] == corpus]
        for size, look in zip(sizes, looks(len(sizes)), strict=True):
            one = rows[rows["n_matmul"] == size]
            if len(one):
                axes.plot(one["tokens"], one["noise"], **look | {"linestyle": "none"}, markersize=7, label=f"N = {short(size)}")
        pooled = float(np.sqrt(np.mean(rows["noise"] ** 2)))
        axes.axhline(pooled, color=INK, linestyle="--", linewidth=1.2, label="pooled (rms)")
        log_axis(axes.xaxis, rows["tokens"].unique(), "tokens", margin=0.09, gap=0.07 * (1 + len(corpora)))
        axes.set_title(corpus)
        said.append(f"{pooled:.2f} % on {corpus}")
    row[0, 0].set_ylim(0, cells["noise"].max() * 1.15)
    row[0, 0].set_ylabel("deviation between seeds (% of loss)")
    figure.legend(*_all_labels(row[0]), loc="outside lower center", ncols=4, columnspacing=1.4)
    low, high = cells["count"].min(), cells["count"].max()
    return told(
        figure,
        f"The seed alone moves the loss by {', '.join(said)} (standard deviation, pooled): differences below three times that "
        f"say nothing. n = {len(cells)} cells of {low if low == high else f'{low}–{high}'} seeds each.",
        f"Scatter chart of the deviation between seeds in per cent of the loss against training tokens: {', '.join(said)}.",
    )


def _all_labels(row) -> tuple[list, list]:
    """Handles and labels of all panels, each label once."""
    found = {label: handle for axes in row for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    last = found.pop("pooled (rms)", None)
    return [*found.values(), last], [*found, "pooled (rms)"]


@styled
def entropy_check(table, law, true_E: float):
    """A corpus of known entropy: excess over the floor against N, and the fitted E with its range on the truth."""
    need(table, "n_matmul", "tokens", "val_loss")
    if not true_E > 0:
        raise ValueError(f"true_E = {true_E!r}: allowed is the Bayes loss in nats/token, > 0; see the column bayes_loss")
    figure, (left, right) = canvas(1, 2, height=4.3, width_ratios=[1.5, 1])
    excess = table["val_loss"] - true_E
    budgets = sorted(table["tokens"].unique())
    for budget, look in zip(budgets, looks(len(budgets)), strict=True):
        means = excess[table["tokens"] == budget].groupby(table["n_matmul"]).mean()
        left.plot(means.index, means, **look, markersize=5.5, label=short(budget))
    log_axis(left.xaxis, table["n_matmul"].unique(), "n_matmul", gap=0.12)
    log_axis(left.yaxis, excess[excess > 0], "loss above the floor (nats/token)", exact=False)
    figure.legend(*left.get_legend_handles_labels(), title="training tokens D", title_fontsize=10, loc="outside lower left",
                  ncols=6, columnspacing=1.2, handlelength=2.6)  # fmt: skip
    low, high = law.interval("E")
    right.axhline(true_E, color=INK, linewidth=1.6)
    right.errorbar([0], [law.E_], [[max(law.E_ - low, 0)], [max(high - law.E_, 0)]], fmt="D", color=RED, capsize=7, markersize=8, lw=2)
    right.plot([1], [table["val_loss"].min()], "o", color=BLUE, markersize=8)
    right.set(xlim=(-0.7, 1.7), ylabel="loss (nats/token)")
    right.set_xticks([0, 1], ["fitted E,\n95 % range", "best run"])
    right.grid(False, axis="x")
    right.margins(y=0.15)
    right.annotate(f"truth {true_E:.3f}", (1.68, true_E), ha="right", va="bottom", xytext=(0, 3), textcoords="offset points")
    right.yaxis.get_major_formatter().set_useOffset(False)
    covers = "covers" if low <= true_E <= high else "misses"
    return told(
        figure,
        f"The fitted floor E = {law.E_:.3f} ({low:.3f}…{high:.3f}) is off the true entropy {true_E:.3f} by "
        f"{law.E_ - true_E:+.3f} nats; its range {covers} the truth. The best run still lies {excess.min():.3f} above it. "
        f"{counted(table)}.",
        "Left: excess loss over the known entropy against model size, one line per token budget, falling. Right: the fitted "
        f"floor with its range, which {covers} the true value.",
    )


@styled
def forecast(table, sealed: dict, measured: float):
    """The runs at the forecast's budget, the law that was sealed, the range it gave, then what was measured.

    sealed: predicted, low, high, n_matmul, tokens, params, and fit_from_tokens and fit_sizes, the rows that the fit kept.
    """
    need(table, "n_matmul", "tokens", "val_loss")
    lacks = {"predicted", "low", "high", "n_matmul", "tokens", "params", "fit_from_tokens", "fit_sizes"} - set(sealed)
    if lacks:
        raise ValueError(f"sealed has no {min(lacks)!r}: allowed is what forecast.seal wrote; read it with forecast.read")
    size, tokens, predicted, low, high = (sealed[key] for key in ("n_matmul", "tokens", "predicted", "low", "high"))
    rows = table[table["tokens"] == tokens]
    figure, (axes, close) = canvas(1, 2, width_ratios=[2.6, 1])
    grid = np.geomspace(table["n_matmul"].min(), size * 1.15, 120)
    curve = Chinchilla.of(**sealed["params"]).predict(grid, tokens)
    axes.plot(grid, curve, color=INK, linestyle="--", label="law, as sealed")
    axes.plot(rows["n_matmul"], rows["val_loss"], "o", color=BLUE, label=f"runs at {short(tokens)} tokens")
    bar = {"fmt": "s", "color": INK, "markerfacecolor": "white", "markersize": 8, "capsize": 7, "lw": 2}
    for panel, before, after in ((axes, size, size), (close, 0, 1)):
        panel.errorbar([before], [predicted], [[predicted - low], [high - predicted]], **bar, label="forecast and its range")
        panel.plot([after], [measured], "*", color=RED, markersize=14, markeredgecolor="white", label="measured after", zorder=5)
    log_axis(axes.xaxis, [*table["n_matmul"].unique(), size], "n_matmul", gap=0.12)
    loss_axis(axes, [*rows["val_loss"], *curve, low, high, measured])
    loss_axis(close, [low, high, predicted, measured], "", margin=0.12)
    close.set_xticks([0, 1], ["forecast", "measured"])
    close.set(xlim=(-0.6, 1.6), title=f"close up, N = {short(size)}")
    close.grid(False, axis="x")
    axes.legend(loc="upper right")
    inside = "inside" if low <= measured <= high else "outside"
    return told(
        figure,
        f"Forecast for {size / table['n_matmul'].max():.1f}× the largest size: {predicted:.4f} ({low:.4f}…{high:.4f}); then measured "
        f"{measured:.4f}: {predicted / measured - 1:+.2%} off, {inside} the range. n = {len(rows)} points at this budget, "
        f"{len(table)} in the table; the fit used D ≥ {short(sealed['fit_from_tokens'])} and the {sealed['fit_sizes']} largest sizes.",
        "Chart of loss against model size at one budget: runs, the law's curve running on to a larger model, the forecast "
        "with its range and the loss measured later; the last two again close up.",
    )
