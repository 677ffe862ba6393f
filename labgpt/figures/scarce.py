"""Lesson 07's figure: what share of the tokens counts when they are read again and again."""

import numpy as np

from .style import BLUE, GREY, INK, RED, canvas, log_axis, need, styled, told


@styled
def worth(measured, law=None, published=None, shown: float = 64, said: str = ""):
    """Effective tokens over tokens trained on, against epochs: points of {name: table}, columns epochs and worth (one row a run).

    law, published: fitted laws.Repeated, drawn by their `worth`, the first with its range. said: the takeaway.
    ValueError: no tables, a worth not above 0.
    """
    if not measured:
        raise ValueError("measured = {}: allowed is one table or more by name, such as {'width 32': runs}")
    figure, axes = canvas(height=4.2)
    at, n = np.geomspace(1, shown, 60), 0
    axes.plot(at, 1 / at, ":", color=GREY, label="if reading again taught nothing")
    if published is not None:
        axes.plot(at, published.worth(at), "--", color=BLUE, label=f"published, up to 9G weights: R_D = {published.R_D_:.1f}")
    if law is not None:
        low, high = (law.worth(at, r) for r in law.interval("R_D"))
        axes.fill_between(at, low, high, color=RED, alpha=0.18, linewidth=0)
        axes.plot(at, law.worth(at), color=RED, label=f"law fitted here: R_D = {law.R_D_:.1f}")
    for (title, table), marker in zip(measured.items(), "os^D", strict=False):
        need(table, "epochs", "worth")
        if not (table["worth"] > 0).all():
            raise ValueError(f"worth of {title} is not above 0 everywhere: allowed is effective tokens over tokens")
        axes.plot(table["epochs"], table["worth"], marker, color=INK, markerfacecolor="none", label=title)
        n += len(table)
    log_axis(axes.xaxis, 2.0 ** np.arange(0, np.log2(shown) + 1), "epochs")
    axes.set_ylim(0, 1.45)  # room for the legend
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.set_ylabel("effective tokens / tokens trained on")
    axes.legend(loc="upper right")
    return told(
        figure,
        f"{said} What a token is worth, the mean over all its readings. Below the dotted line a model is worse than after one reading. "
        f"n = {n} runs.".strip(),
        "Line chart of the share of tokens that count against epochs: points fall from 1 towards, and in the end below, a dotted "
        "line of one over the number of epochs.",
    )
