"""A fitted law, whatever its form: how the points lie to it, how sure each parameter is; and how often such ranges are right."""

import numpy as np

from .style import BLUE, GREY, INK, RED, canvas, short, styled, told


@styled
def law(law):
    """Left: measured loss against the law's, and what lies between them. Right: each parameter's range, over its value."""
    if not hasattr(law, "data_"):
        raise ValueError("law is not fitted to a table: allowed is a law after fit(...)")
    figure, (left, right) = canvas(1, 2, height=4.0, width_ratios=[1.4, 1])
    y, r = law.data_["y"], law.residuals_
    told_loss = y * np.exp(-r)
    left.plot(told_loss, 100 * np.expm1(r), "o", color=BLUE, markersize=4, alpha=0.7)
    left.axhline(0, color=INK, linewidth=1)
    left.set_xscale("log")
    left.xaxis.set_minor_formatter("")
    left.set_xticks(ticks := np.geomspace(told_loss.min(), told_loss.max(), 4), [f"{t:.3g}" for t in ticks])
    left.set(xlabel="loss by the law (nats/token)", ylabel="measured over law − 1 (%)")
    names = list(law.names)
    if len(law.draws_):
        low, high = np.array([law.interval(name) for name in names]).T / law._values
        right.errorbar(np.ones(len(names)), range(len(names)), xerr=[np.maximum(1 - low, 0), np.maximum(high - 1, 0)], fmt="D", color=RED,
                       capsize=5, lw=2)  # fmt: skip
    right.axvline(1, color=INK, linewidth=1)
    right.set_yticks(range(len(names)), [f"{n} = {v:.3g}" for n, v in zip(names, law._values, strict=True)])
    right.set(xlabel=f"{100 * law.level:.0f} % range (1 = the value)", ylim=(len(names) - 0.5, -0.5))
    sure = "" if len(law.draws_) else " No ranges: fitted without a bootstrap."
    return told(
        figure,
        f"{type(law).__name__} by {law.estimator}: points lie {100 * law.rms_:.2f} % (rms) from the law.{sure} "
        f"n = {law.n_points_} points in {law.n_clusters_} clusters.",
        "Left: measured over fitted loss, in per cent, against fitted loss. Right: the range of each parameter over its value.",
    )


@styled
def coverage(studies: dict, truth: float, band: tuple[float, float], live: dict, parameter: str = "alpha"):
    """Ranges of simulated studies, one row each, a panel for each way of redrawing: {way: [[estimate, low, high], …]}.

    band: the middle 95 % of the estimates; live: {way: (estimate, low, high)} of the reader's own study, drawn on top as a star.
    """
    if not studies or set(live) != set(studies):
        raise ValueError(f"live = {', '.join(live)}: allowed is one study of your own for each of {', '.join(studies)}")
    figure, panels = canvas(1, len(studies), height=4.6, sharex=True, sharey=True, squeeze=False)
    said = []
    for axes, (way, rows) in zip(panels[0], studies.items(), strict=True):
        value, low, high = np.array(rows).T
        out, place = (truth < low) | (truth > high), np.arange(len(value))
        axes.axvspan(*band, color=GREY, alpha=0.2, linewidth=0)
        for miss, colour, style in ((False, BLUE, "-"), (True, RED, "--")):
            at = out == miss
            axes.hlines(place[at], low[at], high[at], color=colour, linewidth=1.8 if miss else 1.1, linestyle=style)
            axes.plot(value[at], place[at], "s" if miss else "o", color=colour, markersize=3)
        mine = live[way]
        axes.hlines([len(value) + 2], *mine[1:], color=INK, linewidth=2)
        axes.plot(mine[0], len(value) + 2, "*", color=RED, markersize=15, markeredgecolor="white")
        axes.axvline(truth, color=INK, linewidth=1, zorder=1.2)
        axes.set(title=f"{way}: {int(out.sum())} of {len(value)} miss", xlabel=f"{parameter} (no unit)")
        said.append(f"{int(out.sum())} with {way}")
    ticks = np.unique(np.linspace(1, len(value), 4).astype(int))
    panels[0, 0].set_yticks([*(ticks - 1), len(value) + 2], [*ticks, "yours"])
    panels[0, 0].set_ylabel("simulated study (number)")
    return told(
        figure,
        f"Of {len(value)} ranges of 95 %, {0.05 * len(value):.2g} should miss the true {parameter}, {truth:g} (line). Misses (dashed): "
        f"{', '.join(said)}. Star: your study. Grey: the middle 95 % of the estimates. n = {len(value)} simulated studies, each both ways.",
        "Horizontal ranges of simulated studies, one panel for each way of redrawing, around a vertical line at the truth.",
    )


@styled
def floors(fits: dict, designs: dict, truth: float):
    """Is the true floor inside? Left: fits of one table's longer and longer runs, {fewest tokens: fitted law}. Right: studies of short
    runs alone, {seeds a size: {held, width, studies}}, the share of their ranges that hold it."""
    figure, (left, right) = canvas(1, 2, height=3.6, width_ratios=[1.2, 1])
    place, held = np.arange(len(fits)), []
    for at, fit in zip(place, fits.values(), strict=True):
        low, high = fit.interval("E")
        held.append(low <= truth <= high)
        left.errorbar([at], [fit.E_], [[fit.E_ - low], [high - fit.E_]], fmt="o" if held[-1] else "s", color=BLUE if held[-1] else RED,
                      linestyle="none", capsize=6, lw=2)  # fmt: skip
    left.axhline(truth, color=INK, linewidth=1)
    left.text(0.02, truth, "the truth", va="bottom", transform=left.get_yaxis_transform())
    left.set_xticks(place, [f"{short(least)}\n{fit.n_points_} rows" for least, fit in fits.items()])
    left.set(xlabel="shortest run kept (tokens)", ylabel="fitted E, 95 % range (nats/token)")
    bars = right.bar(range(len(designs)), [100 * d["held"] for d in designs.values()], 0.55, color=GREY)
    right.bar_label(bars, [f"{100 * d['held']:.0f} %\n{d['width']:.2g} wide" for d in designs.values()], padding=2)
    right.axhline(95, color=INK, linestyle="--", linewidth=1)
    right.set_xticks(range(len(designs)), [f"{seeds}\n{d['studies']} fits" for seeds, d in designs.items()])
    right.set(title="short runs only", xlabel="seeds a size (number)", ylabel="ranges that hold the truth (%)", ylim=(0, 130))
    right.set_xlim(-0.75, len(designs) - 0.25)
    right.grid(False, axis="x")
    shares = ", ".join(f"{100 * d['held']:.0f} %" for d in designs.values())
    return told(
        figure,
        f"Left: {sum(held)} of {len(held)} ranges hold the true E, {truth:.3f} (circles; squares miss): without short runs E lies "
        f"nearer. Right: with {', '.join(map(str, designs))} seeds a size, {shares} of the ranges hold it (dashed: the 95 % promised): "
        f"more short runs make a wrong form surer. n = {next(iter(fits.values())).n_points_} rows left.",
        "Left: ranges of the floor around a line at the truth, by the fewest tokens kept. Right: bars, the share of ranges that "
        "hold the truth, by seeds a size.",
    )


@styled
def ladder(scores: dict):
    """Where measured losses fell in the ranges sealed for them: 0 the forecast, -1 and 1 the range's ends; a row a forecast.

    scores: as labgpt.studies.ladder records them.
    """
    figure, axes = canvas(height=1.6 + 0.29 * len(scores))
    axes.axvspan(-1, 1, color="#dde6f0", zorder=0)
    axes.axvline(0, color=INK, linewidth=1)
    order = sorted(scores.values(), key=lambda s: (list(dict.fromkeys(o["climb"] for o in scores.values())).index(s["climb"]), s["rung"]))
    for row, s in enumerate(order):
        miss = s["measured"] - s["predicted"]
        place = miss / (s["high"] - s["predicted"] if miss > 0 else s["predicted"] - s["low"])
        axes.plot(place, row, "o" if s["inside"] else "X", color=BLUE if s["inside"] else RED, markersize=8)
        excess = f", {s['excess_error']:+.0%} of the excess" if "excess_error" in s else ""
        axes.text(1.02, row, f"{s['relative_error']:+.1%}{excess}", va="center", transform=axes.get_yaxis_transform())
    axes.set_yticks(range(len(order)), [f"{s['climb']} {s['rung']}×" for s in order])
    axes.set(ylim=(len(order) - 0.5, -0.5), ylabel="forecast (one a row)",
             xlabel="measured loss (0 = the forecast, ±1 = ends of its 95 % range)")
    inside = sum(s["inside"] for s in order)
    half = max((s["high"] - s["low"]) / 2 / s["predicted"] for s in order)
    runs = {(s["corpus"], s["n_matmul"], s["tokens"]) for s in order}  # two may foretell the same one
    return told(
        figure,
        f"{inside} of {len(order)} measured losses lie inside the range that was sealed for them (circles; crosses do not). 10×: ten times "
        f"the compute of the fit's dearest runs. Right: the forecast's error, forecast over measured less 1. A range reaches up to "
        f"±{half:.1%} of the loss. n = {len(order)} forecasts of {len(runs)} runs, one seed each.",
        "A row for each sealed forecast, its range drawn alike for all, and in it the loss that was measured afterwards.",
    )


@styled
def copying(models: list[dict]):
    """What a second copy of random letters costs less than the first, against training compute; as labgpt.studies.copying records it."""
    figure, axes = canvas(height=3.4)
    for told_of, colour, fmt, label in ((False, BLUE, "o", "a law was fitted to it"), (True, RED, "X", "a forecast was of it")):
        some = [m for m in models if m["forecast"] is told_of]
        saved = [m["first"] - m["second"] for m in some]
        axes.plot([m["flops"] for m in some], saved, fmt, color=colour, markersize=8, linestyle="none", label=f"{label} (n = {len(some)})")
    axes.axhline(0, color=INK, linewidth=1)
    axes.set(xscale="log", xlabel="training compute (FLOPs)", ylabel="saved on the second copy\n(nats a byte)")
    axes.legend(loc="upper left")
    most = max(abs(m["first"] - m["second"]) for m in models if not m["forecast"])
    return told(
        figure,
        f"Random letters, twice over: who copies finds the second time easier. Of the models that a law was fitted to none saves more "
        f"than {most:.2f} nats. n = {len(models)} models of Python source, one point each; 64 rows of 64 letters.",
        "A point a model: training compute across, upwards the nats a byte that a second copy of random letters costs less.",
    )


@styled
def exponents(found: dict[str, dict], published: dict[str, float], n: str):
    """Exponents of N_opt(C), a row for each {name: {parabola, parabola_range, akima, akima_range}}, lines at {whose: value}; n: of what."""
    figure, axes = canvas(height=1.9 + 0.5 * len(found))
    for method, shift, colour, fmt, fill in (("parabola", -0.14, RED, "D", "full"), ("akima", 0.14, BLUE, "s", "none")):
        value = np.array([row[method] for row in found.values()])
        ends, at = np.abs(np.array([row[f"{method}_range"] for row in found.values()]).T - value), np.arange(len(found)) + shift
        axes.errorbar(value, at, xerr=ends, color=colour, fmt=fmt, fillstyle=fill, capsize=4, lw=1.6, label=f"{method}, 95 % range")
    for (whose, value), style in zip(published.items(), ("--", ":")):
        axes.axvline(value, color=INK, linestyle=style, linewidth=1.2, zorder=1, label=f"{whose}: {value:.2f}")
    axes.set_yticks(range(len(found)), list(found))
    axes.set(xlabel="exponent a of N_opt ~ C^a (no unit)", ylabel="change (one a row)", ylim=(len(found) - 0.5, -0.5))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    said = ", ".join(f"{row['parabola']:.2f} ({name})" for name, row in found.items())
    return told(
        figure,
        f"By parabolas the exponent is {said}. Ranges: budgets and each size's seeds redrawn. n = {n}.",
        "Exponents of the best size's growth with compute, a row for each way of training and counting, by two methods, with ranges.",
    )
