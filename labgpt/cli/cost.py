"""`labgpt cost`: what a model costs, by name or from a file."""

import csv
from pathlib import Path

from tyro.conf import Positional

from labgpt import cost as room
from labgpt.cost import fitting
from labgpt.record import write_json


def cost(
    model: Positional[str | None] = None,
    tokens: float | None = None,
    gpus: int = 1,
    device: str = "h100",
    mfu: float | None = None,
    region: str = "world",
    pue: float | None = None,
    price: float | None = None,
    list: bool = False,
    json: Path | None = None,
) -> None:
    """What training a model costs: parameters, FLOPs, memory, days, money, energy, carbon. What you don't state is a range.

    Args:
        model: a published name (gpt3-175b), a Hugging Face config.json, or a RunSpec file of this lab's.
        tokens: to train on; left out, as published, or 20 a weight.
        gpus: how many devices.
        device: h100, a100, v100, …
        mfu: share of the devices' peak that the model's own arithmetic takes.
        region: of the electric grid: US, FR, …, or grams of CO2e a kWh.
        pue: what the building draws over what its machines draw.
        price: dollars an hour of one device.
        list: show the models, devices and grids that are known.
        json: write the bill there too.
    """
    if list:
        print(listed())
        return
    if model is None:
        raise ValueError("model = None: allowed is a name or a file; `labgpt cost --list` shows the names")
    grams = float(region) if region.replace(".", "", 1).isdigit() else region
    bill = room.price(model, tokens, gpus, device, mfu, grams, pue, dollars_per_hour=price)
    print(room.table(bill))
    if json is not None:
        write_json(json, vars(bill))


def listed() -> str:
    """Models, devices and grids, a line each, with where they are from."""
    lines = ["models (parameters, tokens)"]
    for name, m in room.MODELS.items():
        lines.append(f"  {name:<14} {room.parameters(name).total:>15,} {f'{m.tokens:.3g}' if m.tokens else '-':>9}  {m.source}")
    lines.append("devices (peak TFLOP/s, GB, GB/s, W, $/h)")
    for name, d in room.DEVICES.items():
        able = f"{d.peak / 1e12:>5.0f} {d.memory / 1e9:>4.0f} {d.bandwidth / 1e9:>5.0f} {d.watts:>5.0f}"
        asked = "no price" if d.price is None else f"{d.price[0]:.2f} … {d.price[1]:.2f} ({d.priced})"
        lines.append(f"  {name:<8} {able}  {asked}; {d.source}")
    grids = ", ".join(f"{name} {grams:g}" for name, grams in room.GRIDS.items())
    return "\n".join([*lines, f"grids (g CO2e/kWh, {room.GRID_YEAR}; {room.GRID_SOURCE})", f"  {grids}"])


def simulate(
    model: Positional[str | None] = None,
    gpus: int = 64,
    device: str = "h100",
    strategy: str = "fsdp",
    batch: int = 1024,
    seq_len: int | None = None,
    critical: float | None = None,
    tokens: float | None = None,
    best: bool = False,
    cheapest: bool = False,
    score: Path | None = None,
    json: Path | None = None,
) -> None:
    """Step time, memory and efficiency of training on many GPUs, modelled; `--score` says how far published figures lie off.

    Args:
        model: a published name, a Hugging Face config.json, or a RunSpec file.
        gpus: how many devices.
        device: h100, a100, v100, …
        strategy: ddp, zero1, zero2, zero3 or fsdp, with tp8 or pp4 or both: fsdp+tp8.
        batch: rows a step, over all devices.
        seq_len: tokens a row; the model's own when left out.
        critical: the critical batch in rows: with --tokens, also the time to a loss.
        tokens: that bring small batches to that loss.
        best: find the fastest layout instead of --strategy.
        cheapest: find the layout, on at most as many devices, that takes the fewest device-seconds.
        score: a CSV of published figures: fit on its rows with fit = 1, predict the others.
        json: write the answer there too.
    """
    if score is not None:
        with score.open(encoding="utf-8", newline="") as file:
            found = fitting.score(csv.DictReader(file))
        for r in found["rows"]:
            said = f"{r['gpus']:>6}  {r['metric']} {r['value']:g}  {r['predicted']:.4g}  {r['relative_error']:+.1%}"
            print(f"{r['family'][:20]:<20} {r['model'][:16]:<16} {said}{'  (fitted)' if r['fit'] == 1 else ''}")
        print("no row was held out" if found["mean_error"] is None else f"mean error of the rows held out: {found['mean_error']:.1%}")
    elif model is None:
        raise ValueError("model = None: allowed is a name or a file, or --score TABLE.csv; `labgpt cost --list` shows the names")
    else:
        if best or cheapest:
            found = room.best(model, gpus, device, batch, cheapest, seq_len=seq_len, critical=critical, tokens=tokens)
        else:
            found = room.simulate(model, gpus, device, strategy, batch, seq_len, critical=critical, tokens=tokens)
            found |= {"strategy": strategy, "gpus": gpus}
        parts = ", ".join(f"{name} {seconds / found['step_s']:.0%}" for name, seconds in found["breakdown"].items())
        print(f"{model} on {found['gpus']} × {device}, {found['strategy']}: {found['step_s']:.3g} s a step, "
              f"{found['tokens_per_s_per_gpu']:,.0f} tokens/s a device, MFU {found['mfu']:.0%}, {found['memory_gb']:.3g} GB a device"
              f"{'' if found['fits'] else ': does not fit'}\n{parts}; {found['layout']}")  # fmt: skip
        if critical is not None:
            print(f"to the loss: {found['seconds'] / 86400:.3g} days, {found['steps']:,.0f} steps, {found['tokens']:.3g} tokens (in small "
                  f"batches {found['sample_efficiency']:.0%} of them would do)")  # fmt: skip
    if json is not None:
        write_json(json, found)
