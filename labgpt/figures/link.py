"""A slow cable, drawn: what DDP and DiLoCo take a step on it, and the losses that they reach in the time."""

from __future__ import annotations

import numpy as np

from .style import BLUE, RED, canvas, log_axis, styled, told

LOOK = {"ddp": (BLUE, "o", "-"), "diloco": (RED, "s", "--")}


@styled
def cable(found: dict, width: int = 64, rate: int = 100):
    """`labgpt bench link`'s answer -> seconds a step against the cable's rate, and loss against hours on one cable."""
    figure, (time, loss) = canvas(1, 2, height=4.2)
    rates = sorted({s["rate"] for s in found["steps"]})
    for strategy, (colour, marker, line) in LOOK.items():
        rows = {s["rate"]: s for s in found["steps"] if (s["strategy"], s["d_model"]) == (strategy, width)}
        time.plot(rates, [1000 * rows[r]["predicted_s"] for r in rates], line, color=colour, label=f"{strategy}, predicted")
        for r in rates:
            held = rows[r]["held"]
            time.plot(r, 1000 * rows[r]["step_s"], marker, color=colour, markerfacecolor="white" if held else colour, markersize=8)
        tokens = sorted({r["tokens"] for r in found["losses"]})
        spread = np.array([[r["val_loss"] for r in found["losses"] if (r["strategy"], r["tokens"]) == (strategy, t)] for t in tokens])
        seconds = np.array(tokens) / 2048 * rows[rate]["step_s"]
        mean, look = spread.mean(1), {"color": colour, "marker": marker, "linestyle": line, "capsize": 3}
        loss.errorbar(seconds, mean, [mean - spread.min(1), spread.max(1) - mean], label=strategy, **look)
    log_axis(time.xaxis, rates)
    time.set(xlabel="rate of the cable (Mbit/s)", ylabel="time of a step (ms)", ylim=(0, None))
    loss.set(xlabel=f"training time on {rate} Mbit/s (s)", ylabel="validation loss (nats/token)", xscale="log")
    for axes in (time, loss):
        axes.legend(loc="upper right")
    worst = max(abs(s["error"]) for s in found["steps"])
    return told(
        figure,
        f"Left: lines are predicted from all-reduces and from computing alone, marks measured; open: a cable that nothing was fitted "
        f"to. All {len(found['steps'])} steps (two widths) lie within {worst:.0%}. Right: width {width}, whiskers: least and most of "
        f"{len({r['seed'] for r in found['losses']})} seeds; seconds: steps × the measured time of one.",
        "Two charts. Time of a training step against the rate of the cable, for DDP and DiLoCo. Validation loss against training time.",
    )
