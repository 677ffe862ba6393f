"""What a training run takes: FLOPs, memory, days, dollars, kWh and CO2. What you leave unsaid is a range, and so are the answers."""
import math
from dataclasses import dataclass

from labgpt.cost.check import need
from labgpt.cost.devices import Device
from labgpt.cost.devices import device as find
from labgpt.cost.energy import PUE, Energy, energy
from labgpt.cost.flops import flops, seconds, training_flops
from labgpt.cost.memory import model_states
from labgpt.cost.models import MODELS
from labgpt.cost.parameters import parameters

MFU = (0.30, 0.50)  # good published runs: PaLM 46 %, MPT-7B on 8 … 512 H100 42 … 46 %; many are lower
DRAW = (0.6, 1.0)  # of the TDP: an assumption
TOKENS_PER_WEIGHT = 20  # where nothing is published: Hoffmann et al. 2022's rule of thumb
Range = tuple[float, float]


@dataclass(frozen=True)
class Price:
    """One run's bill; pairs are (low, high). `states_gb`: 16 bytes a weight, no activations; `least_devices`: how many hold them."""

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
    n, d, notes = parameters(model).total, find(device), []
    if tokens is None:
        tokens = MODELS[model].tokens if isinstance(model, str) and model in MODELS else None
        notes.append("tokens: as published" if tokens else f"tokens: not given, {TOKENS_PER_WEIGHT} a weight")
        tokens = tokens or TOKENS_PER_WEIGHT * n
    need(isinstance(tokens, int | float) and 0 < tokens < 1e30, "tokens", tokens, "more than 0, below 1e30")
    need(type(gpus) is int and gpus >= 1, "gpus", gpus, "1 or more")
    share, hall = _range("mfu", mfu, MFU), _range("pue", pue, PUE)
    draw, hourly = _range("watts", watts, (DRAW[0] * d.watts, DRAW[1] * d.watts)), _range("dollars_per_hour", dollars_per_hour, d.price)
    notes += [f"{name}: not given, a range is assumed" for name, value in (("mfu", mfu), ("pue", pue), ("watts", watts)) if value is None]
    notes.append("prices: given" if dollars_per_hour is not None else f"prices: {d.priced}" if d.price else "no price known: give one")
    flop = training_flops(model, tokens)
    hours = tuple(gpus * seconds(flop, gpus, d.peak, m) / 3600 for m in reversed(share))
    low, high = (energy(h, w, p, region) for h, w, p in zip(hours, draw, hall))
    states = sum(model_states(n))
    return Price(
        model if isinstance(model, str) else type(model).__name__, n, tokens, flop, flops(model).attention,
        device if isinstance(device, str) else "yours", gpus, share, tuple(h / gpus / 24 for h in hours), hours,
        hourly and tuple(h * p for h, p in zip(hours, hourly)), draw, hall, str(region), low.grams_per_kwh, (low.kwh, high.kwh),
        (low.kg, high.kg), states / 1e9, math.ceil(states / d.memory), tuple(notes),
    )  # fmt: skip


def _range(name: str, value: float | Range | None, otherwise: Range | None) -> Range | None:
    if value is None:
        return otherwise
    low, high = value if isinstance(value, tuple | list) else (value, value)
    allowed = {"mfu": "a share, 0 < mfu ≤ 1", "pue": "1 or more"}.get(name, "more than 0")
    need(0 < low <= high < math.inf and (name != "mfu" or high <= 1) and (name != "pue" or low >= 1), name, value, allowed)
    return float(low), float(high)


def affordable(flop: float, tokens_per_weight: float = TOKENS_PER_WEIGHT) -> tuple[float, float]:
    """(N, D) of a compute budget when D = tokens_per_weight · N and C = 6 N D. Raises ValueError unless both are above 0."""
    need(flop > 0 and tokens_per_weight > 0, "flop, tokens_per_weight", (flop, tokens_per_weight), "more than 0, both")
    n = math.sqrt(flop / (6 * tokens_per_weight))
    return n, tokens_per_weight * n


def factors(first: Energy, second: Energy) -> dict[str, float]:
    """How the carbon of one account turns into another's: as a product of what was drawn, the building, and the grid."""
    drawn, grid = second.devices_kwh / first.devices_kwh, second.grams_per_kwh / first.grams_per_kwh
    return {"devices": drawn, "building": second.kwh / first.kwh / drawn, "grid": grid}


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
    low, high = (f"{v:,.0f}" if 1000 <= v < 1e9 else f"{v:.3g}" for v in (times * pair[0], times * pair[1]))
    return low if low == high else f"{low} … {high}"
