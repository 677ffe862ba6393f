"""Energy and carbon of a run, location-based: devices · hours · watts · PUE, then the grid's intensity.

The method of Patterson et al. 2021 (arXiv:2104.10350), for the machine's own draw; making the hardware is not in it.
"""
from dataclasses import dataclass

from labgpt.cost.check import known, need

# g CO2e a kWh generated, mean of 2023: Our World in Data and Ember, as codecarbon 3 ships them; "world" is codecarbon's default.
GRIDS = {
    "US": 369.5, "FR": 56.0, "DE": 381.0, "SE": 40.7, "IN": 713.4, "PL": 661.9, "CN": 582.3, "GB": 237.6, "world": 475.0,
}  # fmt: skip
GRID_YEAR, GRID_SOURCE = 2023, "Our World in Data / Ember 2023, as shipped by codecarbon"
PUE = (1.10, 1.58)  # Google's own halls (Patterson et al. 2021) to the mean of all halls asked (Uptime Institute 2023)


@dataclass(frozen=True)
class Energy:
    """kWh that the devices drew, that the building drew on top (PUE), and kg of CO2-equivalent for both."""

    devices_kwh: float
    overhead_kwh: float
    grams_per_kwh: float

    @property
    def kwh(self) -> float:
        return self.devices_kwh + self.overhead_kwh

    @property
    def kg(self) -> float:
        return carbon_kg(self.kwh, self.grams_per_kwh)


def energy(device_hours: float, watts: float, pue: float = 1.0, region: str | float = "world") -> Energy:
    """Energy of `device_hours` (devices · hours) at `watts` each, in a building of that PUE, on the grid of `region` (a code of
    GRIDS, or grams a kWh). Raises ValueError below 0, for a PUE below 1 and for an unknown region."""
    need(device_hours >= 0, "device_hours", device_hours, "0 or more")
    alone = energy_kwh(device_hours * 3600, watts)
    return Energy(alone, energy_kwh(device_hours * 3600, watts, pue) - alone, intensity(region))


def intensity(region: str | float) -> float:
    """Grams of CO2e a kWh of a region's grid; a number is taken as it is."""
    if isinstance(region, int | float):
        need(region >= 0, "region", region, "grams a kWh, 0 or more")
        return float(region)
    name = region.upper() if region.upper() in GRIDS else region
    known("region", name, GRIDS)
    return GRIDS[name]


def energy_kwh(seconds: float, watts: float, pue: float = 1.0) -> float:
    """kWh drawn in `seconds` at `watts`, all devices together. Raises ValueError below 0, or for a PUE below 1.

    `pue` (power usage effectiveness): what the building draws over what its machines draw; 1.0 for a laptop at home.
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


@dataclass(frozen=True)
class Training:
    """A published training run: its inputs, and the MWh and tonnes that were published; `again` works them out."""

    device_hours: float
    watts: float
    pue: float
    grams_per_kwh: float
    mwh: float
    tonnes: float
    source: str

    @property
    def again(self) -> Energy:
        return energy(self.device_hours, self.watts, self.pue, self.grams_per_kwh)


_PATTERSON = "Patterson et al. 2021 (arXiv:2104.10350), table 4: 10,000 V100, 14.8 days"
_LLAMA = "Touvron et al. 2023 (arXiv:2302.13971), table 15"
_LUCCIONI = "Luccioni et al. 2023 (arXiv:2211.02001): hours · TDP, no meter; with idle machines and making them they count 50.5 t"
_LLAMA2 = "Touvron et al. 2023 (arXiv:2307.09288), table 2; no PUE; the grid's intensity is implied by it"
TRAININGS = {
    "GPT-3": Training(10_000 * 14.8 * 24, 330, 1.10, 429, 1287, 552.1, _PATTERSON),
    "LLaMA-7B": Training(82_432, 400, 1.1, 385, 36, 14, _LLAMA),
    "LLaMA-13B": Training(135_168, 400, 1.1, 385, 59, 23, _LLAMA),
    "LLaMA-33B": Training(530_432, 400, 1.1, 385, 233, 90, _LLAMA),
    "LLaMA-65B": Training(1_022_362, 400, 1.1, 385, 449, 173, _LLAMA),
    "BLOOM, LLaMA's method": Training(1_082_880, 400, 1.1, 385, 475, 183, _LLAMA),
    "BLOOM, its authors": Training(1_082_990, 400, 1.0, 57, 433, 24.7, _LUCCIONI),
    "Llama-2-7B": Training(184_320, 400, 1.0, 423.5, 73.7, 31.22, _LLAMA2),
    "Llama-2-13B": Training(368_640, 400, 1.0, 423.5, 147.5, 62.44, _LLAMA2),
    "Llama-2-70B": Training(1_720_320, 400, 1.0, 423.5, 688, 291.42, _LLAMA2),
}
