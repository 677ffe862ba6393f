"""What talking costs, drawn: DDP and DiLoCo on a slow cable."""

import numpy as np

from .style import BLUE, INK, RED, canvas, log_axis, styled, told

LOOK = {"ddp": (BLUE, "o", "-"), "diloco": (RED, "s", "--"), "averaging": (INK, "^", ":")}


@styled
def cable(found: dict, width: int = 64, rate: int = 100):
    """`labgpt bench link`'s answer -> seconds a step against the cable's rate, and loss against hours on one cable."""
    figure, (time, loss) = canvas(1, 2, height=3.4)
    rates = sorted({s["rate"] for s in found["steps"]})
    for strategy, (colour, marker, line) in LOOK.items():
        sends = {"averaging": "diloco"}.get(strategy, strategy)  # the same, as often
        rows = {s["rate"]: s for s in found["steps"] if (s["strategy"], s["d_model"]) == (sends, width)}
        for r in rates if sends == strategy else ():
            colours = {"color": colour, "markerfacecolor": "white" if rows[r]["held"] else colour}
            time.plot(r, 1000 * rows[r]["step_s"], marker, markersize=8, label=f"{strategy}, measured" if r == rate else None, **colours)
        time.plot(rates, [1000 * rows[r]["predicted_s"] for r in rates], LOOK[sends][2], color=LOOK[sends][0])
        tokens = sorted({r["tokens"] for r in found["losses"]})
        spread = np.array([[r["val_loss"] for r in found["losses"] if (r["strategy"], r["tokens"]) == (strategy, t)] for t in tokens])
        seconds = np.array(tokens) / 2048 * rows[rate]["step_s"]
        mean, look = spread.mean(1), {"color": colour, "marker": marker, "linestyle": line, "capsize": 3}
        loss.errorbar(seconds, mean, [mean - spread.min(1), spread.max(1) - mean], label=strategy, **look)
    log_axis(time.xaxis, rates, "rate of the cable (Mbit/s)")
    log_axis(loss.xaxis, [x for line in loss.lines for x in line.get_xdata()], f"training time on {rate} Mbit/s (s)", exact=False)
    time.set(ylabel="time of a step (ms)", ylim=(0, None))
    loss.set_ylabel("validation loss (nats/token)")
    [axes.legend(loc="upper right") for axes in (time, loss)]
    worst = max(abs(s["error"]) for s in found["steps"] if s["d_model"] == width)
    return told(
        figure,
        f"Left: lines are predicted from all-reduces, and from steps on the other cables, within {worst:.0%} of the "
        f"marks, measured; open: a cable nothing was fitted to. Right: width {width}, steps × one's measured time; whiskers: least, most. "
        f"n = {len(found['steps'])} step times, {len(found['losses'])} losses of {len({r['seed'] for r in found['losses']})} seeds.",
        "Two charts. Time of a training step against the rate of the cable, for DDP and DiLoCo. Validation loss against training time.",
    )
