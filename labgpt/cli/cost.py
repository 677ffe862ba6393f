"""`labgpt cost`: what a model costs, by name or from a file."""

from __future__ import annotations

from pathlib import Path

from tyro.conf import Positional


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
    import json as codec

    from labgpt import cost as room
    from labgpt.record import write_atomic

    if list:
        print(listed())
        return
    if model is None:
        raise ValueError("model = None: allowed is a name or a file; `labgpt cost --list` shows the names")
    grams = float(region) if region.replace(".", "", 1).isdigit() else region
    bill = room.price(model, tokens, gpus, device, mfu, grams, pue, dollars_per_hour=price)
    print(room.table(bill))
    if json is not None:
        write_atomic(json, codec.dumps(vars(bill), indent=1) + "\n")


def listed() -> str:
    """Models, devices and grids, a line each, with where they are from."""
    from labgpt import cost as room

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
