"""Tables the tests of the laws share. The two published files lie beside the repository, on some machines only."""
from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from labgpt.laws import Chinchilla

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def _file(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not on this machine")
    return path


@pytest.fixture(scope="session")
def epoch() -> dict[str, np.ndarray]:
    """Epoch's 245 points less the five largest losses (Besiroglu et al. 2024): columns N, D, L."""
    with _file("chinchilla_epoch.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    N, C, L = (np.array([float(r[key]) for r in rows]) for key in ("Model Size", "Training FLOP", "loss"))
    keep = L < np.sort(L)[-5]
    return {"N": N[keep], "D": (C / (6 * N))[keep], "L": L[keep]}


@pytest.fixture(scope="session")
def cs336() -> dict[str, np.ndarray]:
    rows = json.loads(_file("isoflops_cs336.json").read_text())
    return {key: np.array([row[key] for row in rows], float) for key in rows[0]}


@pytest.fixture(scope="session")
def truth() -> Chinchilla:
    return Chinchilla.of(E=1.76, A=60.0, B=300.0, alpha=0.5, beta=0.4)


@pytest.fixture(scope="session")
def lab(truth):
    """lab(seed, between, within): a table like the lab's: 6 sizes x 5 budgets, two seeds on the three smallest."""

    def make(seed: int = 0, between: float = 0.005, within: float = 0.003) -> dict:
        sizes = [10e3, 10e3, 20e3, 20e3, 45e3, 45e3, 95e3, 213e3, 467e3]
        rng = np.random.default_rng(seed)
        N, D = np.repeat(sizes, 5), np.tile(0.25e6 * 2.0 ** np.arange(5), len(sizes))
        noise = np.repeat(between * rng.standard_normal(len(sizes)), 5) + within * rng.standard_normal(len(N))
        return {"n_matmul": N, "tokens": D, "val_loss": truth.predict(N, D) * np.exp(noise),
                "branch": np.repeat([f"trunk{i}" for i in range(len(sizes))], 5)}

    return make
