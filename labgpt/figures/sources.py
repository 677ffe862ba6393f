"""Lesson 06's figures: what cleaning takes away, and whether size amplifies an association."""

from collections.abc import Mapping, Sequence

import numpy as np

from .style import INK, RED, bars, canvas, log_axis, looks, need, styled, told


@styled
def removed(rows: Sequence[Mapping], read_bytes: int):
    """A bar for each rule of a cleaning report (`Report.rows()`): the share of all bytes that went by it, and how many documents."""
    if not rows:
        raise ValueError("rows = []: allowed is one rule or more; has the pipeline run? Its report fills while documents stream through")
    shares = [100 * row["bytes"] / read_bytes for row in rows]
    whole = [row["documents"] > 0 for row in rows]
    said = [f"{r['documents']} page" + "s" * (r["documents"] > 1) if r["documents"] else f"in {r['changed']} pages" for r in rows]
    figure, _ = bars([row["rule"] for row in rows], shares, "bytes taken away (% of all)", whole, said, each=0.36, room=1.25)
    most = rows[int(np.argmax(shares))]
    return told(
        figure,
        f"Together {sum(shares):.0f} % of the bytes go; most by “{most['rule']}”. Hatched: whole pages; plain: parts of pages. "
        f"n = {len(rows)} rules that found something.",
        "Bar chart of the share of bytes that each cleaning rule took away, with the number of pages.",
    )


@styled
def association(table, truth: float, live=None):
    """How often a story would get its trade's pronoun against N, one mark a run: sampled as trained, cooler, greedily."""
    need(table, "n_matmul", "share", "share_half", "share_greedy")
    figure, axes = canvas()
    kinds = {"share": "temperature 1", "share_half": "temperature .5", "share_greedy": "greedy"}
    for (column, title), look, shift in zip(kinds.items(), looks(3), (0.94, 1, 1.06), strict=True):
        axes.plot(shift * table["n_matmul"], 100 * table[column], **look | {"linestyle": "none"}, markersize=8, alpha=0.8, label=title)
    axes.axhline(100 * truth, color=INK, linewidth=1.2, linestyle=(0, (2, 2)))
    place = {"xycoords": ("axes fraction", "data"), "xytext": (0, -13), "textcoords": "offset points"}
    axes.annotate(f"in the text: {truth:.0%}", (0.2, 100 * truth), **place)
    if live is not None:
        axes.plot(live["n_matmul"], 100 * live["share"], "*", color=RED, markersize=17, markeredgecolor="white", zorder=5, label="your run")
    log_axis(axes.xaxis, table["n_matmul"].unique(), "n_matmul")
    axes.set_ylim(42, 104)
    axes.legend(loc="center right", bbox_to_anchor=(1, 0.4))
    axes.set_ylabel("pronoun of the trade (% of stories)")
    seen = 100 * table["share"][table["share"] > (0.5 + truth) / 2]
    return told(
        figure,
        f"A run has noticed the association ({len(seen)} of {len(table)}) or not. Those that have say {seen.min():.0f} … "
        f"{seen.max():.0f} % as trained, the text {truth:.0%}; cooler sampling goes beyond. n = {len(table)} runs.",
        "Scatter chart of how often models write the pronoun that goes with a trade against model size, for three ways of sampling, "
        "beside the true share: points lie near one half or near the truth.",
    )
