"""World size: speed, efficiency and bytes. Processes that share a core are drawn apart and never joined by a line."""

import numpy as np

from .style import BLUE, GREY, INK, RED, canvas, styled, told

APART = {"linestyle": "none", "markerfacecolor": "white", "markeredgewidth": 1.6}


@styled
def world(summary_world: dict):
    """{W: {tokens_per_s, efficiency, weak_efficiency, oversubscribed, bytes_sent, ring_formula_bytes}} -> three panels.

    bytes are per step over all ranks. W beyond the cores (`oversubscribed`) are open markers without a line.
    """
    ranks = sorted(summary_world, key=int)
    if not ranks:
        raise ValueError("world is empty: allowed is {W: measurements}; run the world-size part first")
    honest = [w for w in ranks if not summary_world[w].get("oversubscribed")]
    crowded = [w for w in ranks if w not in honest]
    figure, panels = canvas(2, 2, height=6.0, height_ratios=[1.25, 1])
    for gone in panels[1]:
        gone.remove()
    speed, share, sent = *panels[0], figure.add_subplot(panels[1, 0].get_gridspec()[1, :])
    _speed(speed, summary_world, honest, crowded)
    _efficiency(share, summary_world, honest, crowded)
    for axes in (speed, share):
        axes.set_xscale("log", base=2)
        axes.set_xticks([int(w) for w in ranks], ranks)
        axes.minorticks_off()
        axes.set_xlabel("world size W (processes)")
        axes.set_xlim(int(ranks[0]) / 1.4, int(ranks[-1]) * 1.5)
        _shade(axes, crowded)
    said = _bytes(sent, summary_world, ranks)
    top = honest[-1] if honest else ranks[0]
    kept = f"At W = {top} each process keeps {summary_world[top]['efficiency']:.0%} of its speed (same batch, split). "
    apart = f"W = {', '.join(crowded)} share cores (open markers): no speed-up is claimed from them. " if crowded else ""
    return told(
        figure,
        f"{kept}{apart}{said}n = one run at each of W = {', '.join(ranks)}, one machine.",
        "Three panels against world size: tokens per second, strong and weak efficiency, and bytes per step measured beside "
        "the ring formula." + (" World sizes beyond the cores are open markers on grey, not joined." if crowded else ""),
    )


@styled
def sent(records):
    """Records of ranks (form, rank, sent_bytes, kernel_bytes, messages, optimizer_bytes) -> bytes a step, and moments, by form.

    Bars are means over ranks: hatched where the form counts what it sends, plain where the kernel counts.
    """
    rows = [r for r in records if r["form"] != "one"]
    if not rows:
        raise ValueError("records: none of a parallel form; allowed are those of ranks.start('forms', world_size=…)")
    names = list(dict.fromkeys(r["form"] for r in rows))[::-1]
    mean = {(n, key): float(np.mean([r[key] for r in rows if r["form"] == n])) / 1000
            for n in names for key in ("sent_bytes", "kernel_bytes", "optimizer_bytes")}  # fmt: skip
    figure, (wire, kept) = canvas(1, 2, height=4.4, width_ratios=[1.7, 1])
    for i, n in enumerate(names):
        wire.barh(i + 0.19, mean[n, "kernel_bytes"], 0.36, color="#8fb3d9", edgecolor=INK, linewidth=0.8)
        wire.barh(i - 0.19, mean[n, "sent_bytes"], 0.36, color="white", edgecolor=INK, hatch="///", linewidth=0.8)
        kept.barh(i, mean[n, "optimizer_bytes"], 0.6, color=GREY, edgecolor=INK, linewidth=0.8)
        messages = next(r["messages"] for r in rows if r["form"] == n)
        if messages:
            wire.annotate(f"{messages:g} messages", (4, i - 0.19), va="center", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
    wire.set_yticks(range(len(names)), names)
    kept.set_yticks([])
    wire.set(xlabel="sent by a rank in a step (kB)", ylabel="form (of data parallel training)")
    kept.set_xlabel("optimizer's moments (kB)")
    for axes in (wire, kept):
        axes.grid(False, axis="y")
    ranks = 1 + max(r["rank"] for r in records)
    return told(
        figure,
        "The forms by hand send as many bytes; they differ in messages and in what they keep. Plain: the kernel's count; hatched: the "
        f"form's own. Right: kept on a rank. n = {len(names)} forms, means of {ranks} ranks.",
        "Two bar charts by form: bytes a rank sends in a step, by two counts, with numbers of messages; and bytes of optimizer moments.",
    )


def _speed(axes, measured, honest, crowded) -> None:
    speeds = [measured[w]["tokens_per_s"] for w in honest]
    if honest:
        first = speeds[0] / int(honest[0])
        even = np.geomspace(int(honest[0]), int(honest[-1]), 40)
        axes.plot(even, first * even, ":", color=GREY, label="perfect")
        axes.plot([int(w) for w in honest], speeds, "o-", color=BLUE, label="measured", gid="speed-up")
    axes.plot([int(w) for w in crowded], [measured[w]["tokens_per_s"] for w in crowded], "o", color=BLUE, **APART)
    axes.set_ylabel("speed (tokens/s)")
    top = max(measured[w]["tokens_per_s"] for w in [*honest, *crowded])
    axes.set_ylim(0, max(1.35 * top, 1.1 * speeds[0] * int(honest[-1]) / int(honest[0]) if honest else 0))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value / 1000:g}k" if value else "0")
    axes.legend(loc="lower left")


def _efficiency(axes, measured, honest, crowded) -> None:
    kinds = (("efficiency", "o", "-", BLUE, "strong"), ("weak_efficiency", "s", "--", RED, "weak"))
    for key, marker, line, colour, label in kinds:
        has = [w for w in honest if measured[w].get(key) is not None]
        axes.plot([int(w) for w in has], [measured[w][key] for w in has], marker=marker, linestyle=line, color=colour,
                  label=label, gid="speed-up")  # fmt: skip
        rest = [w for w in crowded if measured[w].get(key) is not None]
        axes.plot([int(w) for w in rest], [measured[w][key] for w in rest], marker=marker, color=colour, **APART)
    axes.axhline(1, color=GREY, linestyle=":")
    axes.set_ylim(0, 1.35 * max(1, *(m.get(key) or 0 for m in measured.values() for key, *_ in kinds)))
    axes.set_ylabel("efficiency (share of perfect)")
    axes.legend(loc="lower left")


def _shade(axes, crowded) -> None:
    if crowded:
        left, right = int(crowded[0]) / 2**0.5, axes.get_xlim()[1]
        axes.axvspan(left, right, color=GREY, alpha=0.14, linewidth=0)
        axes.annotate("over-\nsubscribed", ((left * right) ** 0.5, 0.98), xycoords=("data", "axes fraction"), ha="center", va="top")


def _bytes(axes, measured, ranks) -> str:
    """Bars of bytes a step, measured beside the ring formula; returns the sentence for the caption."""
    kinds = (
        ("bytes_sent", "measured on the loopback", "#8fb3d9", ""),
        ("ring_formula_bytes", "ring: 2(W − 1) × gradient bytes", "white", "///"),
    )
    for side, (key, label, colour, hatch) in zip((-0.2, 0.2), kinds, strict=True):
        has = [(i, measured[w][key] / 1e6) for i, w in enumerate(ranks) if measured[w].get(key) is not None]
        at, values = [i + side for i, _ in has], [value for _, value in has]
        axes.bar(at, values, 0.38, color=colour, edgecolor=INK, hatch=hatch, linewidth=0.8, label=label)
        for x, value in zip(at, values, strict=True):
            axes.annotate(f"{value:.2f}", (x, value), ha="center", xytext=(0, 3), textcoords="offset points")
    axes.set_xticks(range(len(ranks)), [f"W = {w}" for w in ranks])
    axes.set(xlabel="world size W (processes)", ylabel="sent a step (MB)", xlim=(-0.5, len(ranks) - 0.5))
    axes.margins(y=0.3)
    axes.grid(False, axis="x")
    axes.legend(loc="upper left")
    both = [w for w in ranks if measured[w].get("bytes_sent") and measured[w].get("ring_formula_bytes")]
    if not both:
        return "Bytes were not measured here. "
    ratio = measured[both[-1]]["bytes_sent"] / measured[both[-1]]["ring_formula_bytes"]
    return f"At W = {both[-1]}, {ratio:.2f}× the ring formula's bytes were sent. "
