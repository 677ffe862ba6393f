"""A model in parts, drawn: a pipeline's timetable, and what each rank holds."""

from labgpt.cost import pipeline

from .style import BLUE, INK, RED, canvas, styled, told


@styled
def timetable(kind: str = "gpipe", stages: int = 4, microbatches: int = 8):
    """Who computes when: a bar a pass, numbered by its microbatch; forward light, backward dark and twice as long."""
    orders = pipeline.schedule(kind, stages, microbatches)
    table = pipeline.timetable(orders)
    figure, axes = canvas(height=0.9 + 0.42 * stages)
    for stage, row in enumerate(table):
        for what, i, start, end in row:
            axes.barh(stage, end - start, left=start, height=0.86, color="#bcd2ea" if what == "F" else BLUE, edgecolor="white")
            if microbatches <= 12:
                look = {"ha": "center", "va": "center", "fontsize": 8.5, "color": INK if what == "F" else "white"}
                axes.text((start + end) / 2, stage, i + 1, **look)
    axes.set_yticks(range(stages), [f"stage {s + 1}" for s in range(stages)])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("time (forward passes of a microbatch)")
    waits = [pipeline.waiting(order) for order in orders]
    return told(
        figure,
        f"{kind}, {stages} stages, {microbatches} microbatches: idle {pipeline.idle(table):.0%} of the time. Microbatches whose "
        f"activations wait, stage by stage: {', '.join(map(str, waits))}. Light: forward; dark: backward. "
        f"n = {2 * stages * microbatches} passes, counted.",
        "Bar chart of a pipeline's passes over time, one row a stage; the white gaps are idle time.",
    )


@styled
def rank_memory(recorded: list[dict], live: list[dict]):
    """Measured peaks of rank 0 (bars) with the predictions (black lines), recorded at one W; your own at another (stars)."""
    figure, axes = canvas(height=3.9)
    ways = list(recorded[0]["memory"])
    for at, (ranks, colour, hatch) in enumerate(((live, RED, "//"), (recorded, BLUE, ""))):
        for place, way in enumerate(ways):
            held = ranks[0]["memory"][way]
            x = place + 0.38 * (at - 0.5)
            said = f"W = {len(ranks)}, {'measured here' if ranks is live else 'recorded'}" if place == 0 else None
            axes.bar(x, held["peak"] / 1e6, 0.36, color=colour, alpha=0.75, hatch=hatch, edgecolor="white", label=said)
            line = {"color": INK, "linewidth": 2.2, "label": "predicted" if place == at == 0 else None}
            axes.plot([x - 0.18, x + 0.18], [held["predicted"] / 1e6] * 2, **line)
    axes.set_xticks(range(len(ways)), ways)
    axes.grid(axis="x", visible=False)
    axes.set_ylabel("most bytes at once on rank 0 (MB)")
    axes.legend(loc="upper right")
    worst = max(abs(h["predicted"] / h["peak"] - 1) for ranks in (live, recorded) for r in ranks for h in r["memory"].values())
    fullest, least = (f(ways, key=lambda way: recorded[0]["memory"][way]["peak"]) for f in (max, min))
    return told(
        figure,
        f"At W = {len(recorded)} rank 0 holds most under {fullest}, least under {least}. All ranks' predictions lie within "
        f"{worst:.0%} of what was measured. n = {len(ways)} ways × {len(live) + len(recorded)} ranks.",
        "Bars of the most tensor bytes that rank 0 held under each way of cutting, at two world sizes, with a line at each prediction.",
    )
