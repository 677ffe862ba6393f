"""Energy and carbon of a run, location-based: devices · hours · watts · PUE, then the grid's intensity.

The method of Patterson et al. 2021 (arXiv:2104.10350), for the machine's own draw; making the hardware is not in it.
"""
from __future__ import annotations

from labgpt.cost.check import need


def energy_kwh(seconds: float, watts: float, pue: float = 1.0) -> float:
    """kWh drawn in `seconds` at `watts`, all devices together. Raises ValueError below 0, or for a PUE below 1.

    `pue` (power usage effectiveness) is what the building draws over what its machines draw: 1.0 for a laptop at home,
    1.1 for the published runs of the large laboratories, more in an ordinary server room.
    """
    need(seconds >= 0, "seconds", seconds, "0 or more")
    need(watts >= 0, "watts", watts, "0 or more")
    need(pue >= 1, "pue", pue, "1 or more", "1.0 is a building that draws nothing of its own")
    return seconds * watts * pue / 3.6e6


def carbon_kg(kwh: float, grams_per_kwh: float) -> float:
    """kg of CO2-equivalent for `kwh` from a grid of `grams_per_kwh` (2023: about 475 the world over, 56 in France)."""
    need(kwh >= 0, "kwh", kwh, "0 or more")
    need(grams_per_kwh >= 0, "grams_per_kwh", grams_per_kwh, "0 or more")
    return kwh * grams_per_kwh / 1000
