"""What scale costs, drawn: four calculators for `explorer`, the roofline, one run told by two accounts. The numbers are cost's."""

import numpy as np

from labgpt import cost

from .style import BLUE, GREY, INK, RED, bars, canvas, log_axis, short, styled, told


def _bars(parts: dict[str, float], unit: str, chosen: str | None = None, line: tuple[float, str] | None = None):
    """Figure of a horizontal bar a part, its value behind it; `line` at (x, what it is), dashed."""
    said = [f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" for value in parts.values()]
    marked = [name == chosen for name in parts]
    figure, axes = bars(list(parts), list(parts.values()), unit, marked, said, line=line[0] if line else 0.0)
    if line:
        axes.axvline(line[0], color=INK, linestyle="--", linewidth=1.2)
        place = {"xycoords": ("data", "axes fraction"), "xytext": (-4, -2), "textcoords": "offset points"}
        axes.annotate(line[1], (line[0], 1), ha="right", va="bottom", **place)
    return figure


@styled
def size_of(d_model: int = 768, n_layer: int = 12, vocab_size: int = 50257):
    """Calculator: where a GPT's parameters are. Heads of 64, tied head, learned positions, biases: GPT-2's block."""
    model = cost.Shape(vocab_size, 1024, n_layer, d_model, d_model // 64, positions=1024, bias=True, norm=2, tied=True)
    n, mlp = cost.parameters(model), n_layer * 8 * d_model**2
    parts = {"embedding": n.embedding, "attention": n.matmul - d_model * vocab_size - mlp, "MLP": mlp}
    parts["biases, norms"] = n.total - sum(parts.values())
    biggest = max(parts, key=parts.get)
    return told(
        _bars({k: v / 1e6 for k, v in parts.items()}, "parameters (millions)", biggest),
        f"{n_layer} layers of width {d_model:,}: {n.total:,} parameters, {parts[biggest] / n.total:.0%} of them {biggest}; "
        f"a token of training takes {short(cost.flops(model).train)}FLOPs. n = 1 shape, counted.",
        "Bar chart of a GPT's parameters by where they are.",
    )


@styled
def memory_of(model: str = "gpt2-xl", rows: int = 1, recompute: str = "none", zero: int = 0, ranks: int = 1, device: str = "a100"):
    """Calculator: memory of training on one rank, beside what the device has."""
    settings, room = {"recompute": recompute, "zero": zero, "ranks": ranks}, cost.device(device).memory / 1e9
    held = cost.memory(model, rows, **settings)
    total, parts = held.total / 1e9, {k: getattr(held, k) / 1e9 for k in ("weights", "gradients", "optimizer", "activations")}
    card, sliced = device.upper(), f", ZeRO stage {zero} over {ranks} ranks" if ranks > 1 else ""
    fits = f"fits one {card}" if total <= room else f"does not fit one {card}: {total / room:.1f} times its {room:.0f} GB"
    return told(
        _bars(parts | {"together": total}, "memory on one rank (GB)", "together", (room, f"{card}: {room:.0f} GB")),
        f"Training {model} takes {total:.3g} GB, {fits}. {rows} row{'s' if rows > 1 else ''} of {cost.shape(model).seq_len:,} tokens, "
        f"recompute {recompute}{sliced}; without activations {total - parts['activations']:.3g} GB. The most rows that fit: "
        f"{cost.largest_batch(model, room * 1e9, **settings)}. n = 1 model, counted, not measured.",
        f"Bar chart of the memory that training {model} takes on one rank, with the device's memory as a line.",
    )


@styled
def budget_of(dollars: float = 1e4, device: str = "h100", mfu: float = 0.4, per_weight: float = 20):
    """Calculator: what N and D a budget buys when every weight sees `per_weight` tokens, between cheapest and dearest hour."""
    d = cost.device(device)
    if d.price is None:
        raise ValueError(f"device = {device!r}: no price is known; allowed is {', '.join(k for k, v in cost.DEVICES.items() if v.price)}")

    def buys(spent, hourly):
        return cost.affordable(spent / hourly * 3600 * d.peak * mfu, per_weight)

    money = np.geomspace(10, 1e8, 60)
    figure, axes = canvas(height=4.0)
    low, high = ([buys(m, price)[0] for m in money] for price in reversed(d.price))
    axes.fill_between(money, low, high, color=BLUE, alpha=0.25, linewidth=0)
    axes.plot(money, high, color=INK, label=f"cheapest device-hour, {d.price[0]:.2f} $")
    axes.plot(money, low, "--", color=INK, label=f"dearest device-hour, {d.price[1]:.2f} $")
    n, tokens = buys(dollars, d.price[0])
    worse = buys(dollars, d.price[1])[0]
    axes.plot([dollars] * 2, [worse, n], "*-", color=RED, markersize=15, markeredgecolor="white", label="your budget", zorder=5)
    for name in ("gpt2", "gpt3-175b"):
        size = cost.parameters(name).total
        axes.axhline(size, color=GREY, linewidth=1, linestyle=":")
        axes.annotate(f"size of {name}", (money[20], size), xytext=(0, 3), textcoords="offset points", color=INK)
    log_axis(axes.xaxis, money, "budget ($)", exact=False)
    log_axis(axes.yaxis, [*low, *high], "model size N (weights)", exact=False)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.08))
    return told(
        figure,
        f"{short(dollars)} $ buys {short(worse)} … {short(n)} weights at {per_weight:g} tokens a weight ({short(per_weight * worse)} … "
        f"{short(tokens)} tokens), on {device.upper()}s at {mfu:.0%} of peak: one run, no trials before it. n = 2 prices of "
        f"{d.priced.split(':')[0]}; published models had other numbers of tokens.",
        "Line chart on logarithmic axes of the model size that a budget buys, a band between two prices, your budget starred.",
    )


@styled
def carbon_of(run: str = "BLOOM, LLaMA's method", region: str = "US", pue: float = 1.1):
    """Calculator: a published run's device-hours on other grids, in another building."""
    it = cost.TRAININGS[run]
    tonnes = {name: cost.energy(it.device_hours, it.watts, pue, name).kg / 1000 for name in sorted(cost.GRIDS, key=cost.GRIDS.get)}
    if region not in tonnes:
        raise ValueError(f"region = {region!r}: allowed is {', '.join(tonnes)}")
    low, *_, high = tonnes
    return told(
        _bars(tonnes, "carbon (t CO2e)", region),
        f"{run.split(',')[0]}'s {it.device_hours:,.0f} device-hours at {it.watts:.0f} W and PUE {pue:g}: {tonnes[region]:,.0f} t in "
        f"{region}; {high} is {tonnes[high] / tonnes[low]:.0f} times {low}. n = {len(tonnes)} grids, means of {cost.GRID_YEAR}.",
        "Bar chart of the carbon that the same device-hours cause on different electric grids, one of them marked.",
    )


@styled
def accounts(first: str, second: str):
    """One run told by two accounts: from the first's tonnes to the second's, as devices, building and grid are swapped in turn."""
    a, b = (cost.TRAININGS[name].again for name in (first, second))
    by = cost.factors(a, b)
    now = a.kg / 1000
    said = {"devices": "devices' energy, ×{:.2f}", "building": "building's PUE, ×{:.2f}", "grid": f"carbon of grid, ×{{:.2f}}\n= {second}"}
    steps = {first: now} | {said[name].format(factor): (now := now * factor) for name, factor in by.items()}
    return told(
        _bars(steps, "carbon (t CO2e)", first),
        f"{first}: {steps[first]:.0f} t. {second}: {now:.1f} t, the last bar. Downwards, each bar takes one more input from the second "
        f"account; the grid alone is ×{by['grid']:.2f}. n = 1 run, 2 accounts.",
        f"Bar chart from {first} to {second}, one input swapped after the other; the last, the grid, shrinks the bar most.",
    )


@styled
def roofline(passes: dict[str, list], peak: float, bandwidth: float, device: str):
    """{name: layers of a forward pass} under the roof min(peak, FLOPs a byte · bandwidth): each layer's bound, not its speed."""
    figure, axes = canvas(height=4.0)
    intensities, ridge = {name: np.array([layer.intensity for layer in layers]) for name, layers in passes.items()}, peak / bandwidth
    every = np.concatenate(list(intensities.values()))
    low, high = every.min() / 2, 2 * max(every.max(), 2 * ridge)
    axes.plot([low, ridge, high], [low * bandwidth, peak, peak], color=INK)
    for (name, at), marker, colour in zip(intensities.items(), "os^D", (BLUE, RED, INK, GREY)):
        axes.plot(at, np.minimum(peak, at * bandwidth), marker, color=colour, markersize=9, alpha=0.85, label=name, linestyle="none")
    log_axis(axes.xaxis, [low, high], "intensity (FLOPs a byte moved)", exact=False)
    log_axis(axes.yaxis, [low * bandwidth, peak * 1.5], "speed limit (FLOP/s)", exact=False)
    axes.axvline(ridge, color=GREY, linewidth=1, linestyle=":")
    axes.annotate(f"left of {ridge:.0f}: memory limits; right: arithmetic", (ridge, 0.02), xycoords=("data", "axes fraction"),
                  ha="right", xytext=(-4, 0), textcoords="offset points")  # fmt: skip
    axes.legend(loc="upper left")
    shares = [f"{name}, {np.mean(at >= ridge):.0%}" for name, at in intensities.items()]
    return told(
        figure,
        f"{device}: below {ridge:.0f} FLOPs a byte (dotted) memory is the limit, above it arithmetic. Share of products above: "
        f"{'; '.join(shares)}. n = {len(every)} kinds of product, counted, not timed; like ones overlap.",
        "Roofline chart on logarithmic axes: a slope that bends into a flat roof, with the layers of each pass as points on it.",
    )
