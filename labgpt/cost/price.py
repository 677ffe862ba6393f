"""What a training run takes: FLOPs, memory, days, dollars, kWh and CO2. What you leave unsaid is a range, and so are the answers."""
from __future__ import annotations

import math
from dataclasses import dataclass

from labgpt.cost.check import need
from labgpt.cost.devices import Device
from labgpt.cost.devices import device as find
from labgpt.cost.energy import PUE, Energy, energy
from labgpt.cost.flops import flops, seconds, training_flops
from labgpt.cost.memory import memory
from labgpt.cost.models import MODELS
from labgpt.cost.parameters import parameters
from labgpt.cost.shape import shape

MFU = (0.30, 0.50)  # good published runs: PaLM 46 %, MPT-7B on 8 … 512 H100 42 … 46 %; many are lower
DRAW = (0.6, 1.0)  # of the TDP: an assumption (A100s under BLOOM drew about all of it, idle hours less)
TOKENS_PER_WEIGHT = 20  # where nothing is published: Hoffmann et al. 2022's rule of thumb
Range = tuple[float, float]


@dataclass(frozen=True)
class Price:
    """One run's bill; pairs are (low, high). `states_gb`: 16 bytes a weight, before any activation; `least_devices`: how many hold them."""

    model: str
    parameters: int
    tokens: float
    flops: float
    attention: str  # as counted
    device: str
    gpus: int
    mfu: Range
    days: Range
    device_hours: Range
    dollars: Range | None
    watts: Range
    pue: Range
    region: str
    grams_per_kwh: float
    kwh: Range
    co2_kg: Range
    states_gb: float
    least_devices: int
    notes: tuple[str, ...]

    def to_dict(self) -> dict:
        """Plain JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}


def price(
    model, tokens: float | None = None, gpus: int = 1, device: str | Device = "h100", mfu: float | Range | None = None,
    region: str | float = "world", pue: float | Range | None = None, watts: float | Range | None = None,
    dollars_per_hour: float | Range | None = None,
) -> Price:  # fmt: skip
    """The bill of training `model` on `tokens` tokens with `gpus` devices.

    mfu, pue, watts (a device), dollars_per_hour: a number is taken as it is, a pair as a range, and left out they are MFU, PUE,
    DRAW · TDP and the price list's. tokens: left out, the published run's, else 20 a weight. The low end takes every low cost
    together (high MFU), the high end every high one. Raises ValueError as `shape`, `device` and `energy` do.
    """
    n, d = parameters(model).total, find(device)
    name = model if isinstance(model, str) else type(model).__name__
    notes = []
    if tokens is None:
        tokens = MODELS[model].tokens if isinstance(model, str) and model in MODELS else None
        notes.append("tokens: as published" if tokens else f"tokens: not given, {TOKENS_PER_WEIGHT} a weight")
        tokens = tokens or TOKENS_PER_WEIGHT * n
    need(isinstance(tokens, int | float) and tokens > 0, "tokens", tokens, "more than 0")
    need(type(gpus) is int and gpus >= 1, "gpus", gpus, "1 or more")
    share = _range("mfu", mfu, MFU)
    hall, draw = _range("pue", pue, PUE), _range("watts", watts, (DRAW[0] * d.watts, DRAW[1] * d.watts))
    hourly = d.price if dollars_per_hour is None else _range("dollars_per_hour", dollars_per_hour, (0, 0))
    assumed = [("mfu", mfu), ("pue", pue), ("watts", watts)]
    notes += [f"{field}: not given, a range is assumed" for field, value in assumed if value is None]
    notes.append("prices: given" if dollars_per_hour is not None else f"prices: {d.priced}" if d.price else "no price known: give one")
    flop = training_flops(model, tokens)
    hours = tuple(gpus * seconds(flop, gpus, d.peak, m) / 3600 for m in reversed(share))
    low, high = (energy(h, w, p, region) for h, w, p in zip(hours, draw, hall))
    states = memory(shape(model)).weights * 8  # 2 of 16 bytes a weight
    return Price(
        name, n, tokens, flop, flops(model).attention, device if isinstance(device, str) else "yours", gpus, share,
        tuple(h / gpus / 24 for h in hours), hours, None if hourly is None else tuple(h * p for h, p in zip(hours, hourly)), draw, hall,
        str(region), low.grams_per_kwh, (low.kwh, high.kwh), (low.kg, high.kg), states / 1e9, math.ceil(states / d.memory), tuple(notes),
    )  # fmt: skip


def affordable(flop: float, tokens_per_weight: float = TOKENS_PER_WEIGHT) -> tuple[float, float]:
    """(N, D) of a compute budget when D = tokens_per_weight · N and C = 6 N D. Raises ValueError unless both are above 0."""
    need(flop > 0, "flop", flop, "more than 0")
    need(tokens_per_weight > 0, "tokens_per_weight", tokens_per_weight, "more than 0")
    n = math.sqrt(flop / (6 * tokens_per_weight))
    return n, tokens_per_weight * n


def factors(first: Energy, second: Energy) -> dict[str, float]:
    """How the carbon of one account turns into another's: as a product of what was drawn, the building, and the grid."""
    return {
        "devices": second.devices_kwh / first.devices_kwh,
        "building": (second.kwh / second.devices_kwh) / (first.kwh / first.devices_kwh),
        "grid": second.grams_per_kwh / first.grams_per_kwh,
    }


def _range(name: str, value: float | Range | None, otherwise: Range) -> Range:
    if value is None:
        return otherwise
    low, high = value if isinstance(value, tuple | list) else (value, value)
    top, least = (1, 0) if name == "mfu" else (math.inf, 1 if name == "pue" else 0)
    need(low <= high, name, value, "a number, or (low, high)")
    allowed = {"mfu": "a share, 0 < mfu ≤ 1", "pue": "1 or more"}.get(name, "more than 0")
    need((low >= least if name == "pue" else low > 0) and high <= top, name, value, allowed)
    return float(low), float(high)


def table(bill: Price) -> str:
    """The bill, a line each, to be read."""
    rows = [
        ("model", f"{bill.model}, {bill.parameters:,} parameters"),
        ("tokens", f"{bill.tokens:.3g}"),
        ("FLOPs", f"{bill.flops:.3g} (forward and backward, {bill.attention} attention)"),
        ("on", f"{bill.gpus} × {bill.device} at {spread(bill.mfu, 100)} % of peak"),
        ("memory", f"{bill.states_gb:.3g} GB of weights, gradients, Adam states: at least {bill.least_devices} × {bill.device} hold them"),
        ("time", f"{spread(bill.days)} days ({spread(bill.device_hours)} device-hours)"),
        ("money", "no price known" if bill.dollars is None else f"{spread(bill.dollars)} $"),
        ("energy", f"{spread(bill.kwh)} kWh ({spread(bill.watts)} W a device, PUE {spread(bill.pue)})"),
        ("carbon", f"{spread(bill.co2_kg)} kg CO2e (location-based, {bill.region}: {bill.grams_per_kwh:.4g} g/kWh)"),
    ]
    return "\n".join([f"{name:>7}  {said}" for name, said in rows] + [f"   note  {note}" for note in bill.notes])


def spread(pair: Range, times: float = 1) -> str:
    """"3.1 … 5.2", or one number where both are the same."""
    low, high = (_plain(times * v) for v in pair)
    return low if low == high else f"{low} … {high}"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.3g}"
