"""Machines that models are trained on: published peak, memory, bandwidth and power; and what an hour was rented for, and when.

Peaks are dense 16-bit tensor FLOP/s. Prices are what was asked for an hour of one device on demand, cheapest and dearest found,
on the date beside them; None where none was read. To edit one: `dataclasses.replace(DEVICES["h100"], price=(2.0, 2.5))`.
"""
from dataclasses import dataclass

from labgpt.cost.check import known


@dataclass(frozen=True)
class Device:
    """peak FLOP/s; memory bytes; bandwidth bytes/s; watts at full load (TDP); price $/h (low, high)."""

    peak: float
    memory: float
    bandwidth: float
    watts: float
    price: tuple[float, float] | None = None
    priced: str = ""
    source: str = ""

    @property
    def ridge(self) -> float:
        """FLOPs a byte from which on arithmetic, and not memory, is the limit (Williams et al. 2009)."""
        return self.peak / self.bandwidth


DEVICES = {
    "v100": Device(125e12, 32e9, 900e9, 300, source="NVIDIA V100 SXM2 data sheet, 2020 (fp16)"),
    "t4": Device(65e12, 16e9, 320e9, 70, source="NVIDIA T4 data sheet, 2019 (fp16)"),
    "a100-40": Device(312e12, 40e9, 1555e9, 400, (1.99, 2.74), "2026-11: Lambda, AWS p4d", "NVIDIA A100 SXM data sheet, 2021"),
    "a100": Device(312e12, 80e9, 2039e9, 400, (1.39, 3.43), "2026-11-09: RunPod community, AWS p4de", "NVIDIA A100 SXM data sheet, 2021"),
    "rtx4090": Device(165e12, 24e9, 1008e9, 450, (0.29, 0.29), "2026-09-20: OpenRelay", "NVIDIA Ada architecture paper, 2022"),
    "h100": Device(989e12, 80e9, 3350e9, 700, (2.69, 6.88), "2026-11-09: RunPod community, AWS p5", "NVIDIA H100 SXM data sheet, 2023"),
    "h200": Device(989e12, 141e9, 4800e9, 700, source="NVIDIA H200 SXM data sheet, 2024"),
    "b200": Device(2250e12, 180e9, 8000e9, 1000, (5.98, 6.69), "2026-08/09: RunPod community, Lambda", "NVIDIA DGX B200 data sheet, 2024"),
    "tpu-v4": Device(275e12, 32e9, 1200e9, 192, source="Jouppi et al. 2023 (arXiv:2304.01433), table 4; its largest measured power"),
}


def device(name: str | Device) -> Device:
    """The device of that name. Raises ValueError with the near names."""
    if isinstance(name, Device):
        return name
    known("device", name, DEVICES)
    return DEVICES[name]
