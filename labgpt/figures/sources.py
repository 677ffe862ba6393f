"""Lesson 06's figures: what cleaning takes away, how varied a text is, what labels buy, whether size amplifies an association."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .style import BLUE, GREY, INK, RED, canvas, end_labels, log_axis, looks, name, need, short, styled, told


@styled
def removed(rows: Sequence[Mapping], read_bytes: int):
    """A bar for each rule of a cleaning report (`Report.rows()`): the share of all bytes that went by it, and how many documents."""
    if not rows:
        raise ValueError("rows = []: allowed is one rule or more; has the pipeline run? Its report fills while documents stream through")
    shares = [100 * row["bytes"] / read_bytes for row in rows]
    figure, axes = canvas(height=0.9 + 0.36 * len(rows))
    whole = [row["documents"] > 0 for row in rows]
    colours, hatches = [RED if w else BLUE for w in whole], ["//" if w else "" for w in whole]
    axes.barh(range(len(rows)), shares, color=colours, hatch=hatches, edgecolor="white")
    for place, (row, share) in enumerate(zip(rows, shares)):
        said = f"{row['documents']} pages" if row["documents"] else f"in {row['changed']} pages"
        axes.annotate(said, (share, place), xytext=(4, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(rows)), [row["rule"] for row in rows])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.25 * max(shares))
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("bytes taken away (% of all)")
    most = rows[int(np.argmax(shares))]
    return told(
        figure,
        f"Together {sum(shares):.0f} % of the bytes go; most by “{most['rule']}”. Hatched: whole pages; plain: parts of pages. "
        f"n = {len(rows)} rules that found something.",
        "Bar chart of the share of bytes that each cleaning rule took away, with the number of pages.",
    )


@styled
def types(curves: Mapping[str, Sequence[tuple[int, int]]]):
    """Different words against words read, one line a collection: the curves of corpus.diversity.stats."""
    figure, axes = canvas(height=3.8)
    ends = []
    for (title, curve), look in zip(curves.items(), looks(len(curves)), strict=True):
        x, y = np.array(curve, dtype=float).T
        axes.plot(x, y, **look, markersize=5)
        ends.append((x[-1], y[-1], f"{title}: {y[-1]:,.0f}", look["color"]))
    log_axis(axes.xaxis, [2.0**k for k in range(0, 24, 3) if 2.0**k <= max(e[0] for e in ends)])
    axes.set_yscale("log")
    axes.set(xlabel="words read (words)", ylabel="types (different words)")
    end_labels(axes, ends)
    first, last = list(curves), ends[-1]
    return told(
        figure,
        f"Every text repeats itself more, the longer it gets. {first[-1]}: {last[1]:,.0f} different words in {last[0]:,.0f}. "
        f"n = {len(curves)} collections.",
        f"Line chart on logarithmic axes of different words against words read, for {', '.join(first)}.",
    )


@styled
def labels(table, price: float):
    """Precision and recall of the pages a classifier keeps against how many labels it learned from; each point is one draw of labels."""
    need(table, "labels", "precision", "recall")
    figure, axes = canvas(height=3.8)
    ends = []
    for column, look in zip(("precision", "recall"), looks(2), strict=True):
        means = table.groupby("labels")[column].mean()
        axes.plot(means.index, means, color=look["color"], linestyle=look["linestyle"])
        axes.plot(table["labels"], table[column], color=look["color"], marker=look["marker"], linestyle="none", alpha=0.8)
        ends.append((means.index[-1], means.iloc[-1], column, look["color"]))
    log_axis(axes.xaxis, table["labels"].unique())
    axes.set_ylim(min(0.6, table[["precision", "recall"]].min().min() - 0.03), 1.03)
    axes.axhline(0.9, color=GREY, linewidth=1)
    end_labels(axes, ends)
    axes.set(xlabel=f"labels (pages; {price:g} each)", ylabel="share")
    means = table.groupby("labels")["precision"].mean()
    return told(
        figure,
        f"Of the pages kept, {means.iloc[0]:.0%} are stories with {means.index[0]} labels, {means.iloc[-1]:.0%} with {means.index[-1]}, "
        f"which cost {means.index[-1] * price:g}. Grey: .9. n = {len(table)} classifiers.",
        "Line chart of a classifier's precision and recall against the number of labels it learned from.",
    )


@styled
def association(table, truth: float, live=None):
    """How often a story would get its trade's pronoun against N, sampled as trained, cooler, greedily; band: all seeds."""
    need(table, "n_matmul", "share", "share_half", "share_greedy")
    figure, axes = canvas()
    ends = []
    kinds = {"share": "temperature 1", "share_half": "temperature .5", "share_greedy": "greedy"}
    for (column, title), look in zip(kinds.items(), looks(3), strict=True):
        cells = 100 * table.groupby("n_matmul")[column].agg(["mean", "min", "max"])
        axes.plot(cells.index, cells["mean"], **look)
        axes.fill_between(cells.index, cells["min"], cells["max"], color=look["color"], alpha=0.2, linewidth=0)
        ends.append((cells.index[-1], cells["mean"].iloc[-1], title, look["color"]))
    axes.axhline(100 * truth, color=INK, linewidth=1.2, linestyle=(0, (2, 2)))
    place = {"xycoords": ("axes fraction", "data"), "xytext": (0, 4), "textcoords": "offset points"}
    axes.annotate(f"in the text: {truth:.0%}", (0.02, 100 * truth), **place)
    if live is not None:
        axes.plot(live["n_matmul"], 100 * live["share"], "*", color=RED, markersize=17, markeredgecolor="white", zorder=5, label="your run")
        axes.legend(loc="center right")
    log_axis(axes.xaxis, table["n_matmul"].unique())
    axes.set_ylim(40, 104)
    end_labels(axes, ends)
    name(axes.xaxis, "n_matmul")
    axes.set_ylabel("pronoun of the trade (% of stories)")
    mean = table.groupby("n_matmul")["share"].mean()
    return told(
        figure,
        f"The text says {truth:.0%}. Sampled as trained, models go from {mean.iloc[0]:.0%} (N = {short(mean.index[0])}) to "
        f"{mean.iloc[-1]:.0%} (N = {short(mean.index[-1])}); cooler sampling goes beyond. n = {len(table)} runs; bands: all seeds.",
        "Line chart of how often models write the pronoun that goes with a trade against model size, for three ways of sampling, "
        "beside the true share.",
    )


@styled
def groups(table, order: Sequence[str]):
    """Loss above the least possible on stories of the minority and of the majority, for training texts with more and more minority."""
    need(table, "trained on", "loss_minority", "loss_majority", "bayes_minority", "bayes_majority")
    figure, axes = canvas(height=3.8)
    for who, colour, hatch, side in (("minority", RED, "//", -0.2), ("majority", BLUE, "", 0.2)):
        excess = (table[f"loss_{who}"] - table[f"bayes_{who}"]).groupby(table["trained on"]).agg(["mean", "min", "max"]).loc[list(order)]
        at = np.arange(len(order)) + side
        axes.bar(at, excess["mean"], 0.38, color=colour, hatch=hatch, edgecolor="white", label=who)
        for x, (mean, low, high) in zip(at, excess.to_numpy()):
            axes.plot([x, x], [low, high], color=INK, linewidth=1.5)
            axes.annotate(f"{mean:.2f}", (x, high), ha="center", va="bottom", xytext=(0, 2), textcoords="offset points")
    axes.set_xticks(range(len(order)), order)
    axes.set_ylabel("loss above the least possible (nats/token)")
    axes.grid(axis="x", visible=False)
    axes.legend(loc="upper right")
    return told(
        figure,
        f"Who is not in the training text is not understood. Lines: all seeds. n = {len(table)} runs of one size.",
        "Bar chart of loss above the least possible on stories of the minority and the majority, by what the model was trained on.",
    )
