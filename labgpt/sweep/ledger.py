"""What a sweep may spend: it reserves before a run starts, charges what the run took, and gives back the rest.

The account is STORE/ledger.json, behind a lock: sweeps that share a store share it.
"""

import contextlib
import json
import math
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from labgpt import cost
from labgpt.record import RunDir, write_json
from labgpt.spec import RunSpec
from labgpt.spec.run import need
from labgpt.train.loop import planned_tokens
from labgpt.train.outlook import cost_s

from . import pool
from .store import table, unfinished

UNITS = ("seconds", "flops", "money")


class Ledger:
    """At most `limit` seconds of a core, FLOPs, or money at `per_hour` a core's hour."""

    def __init__(self, store: str | Path, unit: str, limit: float, per_hour: float = 0.0):
        need(unit in UNITS, "unit", unit, ", ".join(UNITS))
        for name, value in ((unit, limit), ("per_hour", per_hour)):
            need(isinstance(value, int | float) and math.isfinite(value) and value >= 0, name, value, "a number from 0 up")
        self.path, self.unit, self.limit, self.per_hour = Path(store) / "ledger.json", unit, float(limit), per_hour

    def price(self, spec: RunSpec) -> float:
        """Predicted, before the run."""
        if self.unit == "flops":
            return float(cost.training_flops(spec.science.model, planned_tokens(spec)))
        return self._of(cost_s(spec) * spec.execution.world_size)

    def took(self, spec: RunSpec) -> float | None:
        """Measured; None where the run is not finished."""
        place = RunDir(self.path.parent / spec.run_id)
        if place.finished_rows() is None:
            return None
        if self.unit == "flops":
            return self.price(spec)
        return self._of(place.status()["seconds"] * spec.execution.world_size)

    def _of(self, seconds: float) -> float:
        return seconds if self.unit == "seconds" else seconds / 3600 * self.per_hour

    def reserve(self, spec: RunSpec) -> bool:
        """Set a run's price aside; False, and nothing set aside, where what is left does not pay for it."""
        price = self.price(spec)
        with self._account() as entries:
            entries.pop(spec.run_id, None)  # a reservation of a sweep that was killed
            if sum(entries.values()) + price > self.limit:
                return False
            entries[spec.run_id] = price
            return True

    def settle(self, spec: RunSpec) -> None:
        """Charge what the run took, which may be more than was reserved; an unfinished run gets its reservation back."""
        took = self.took(spec)
        with self._account() as entries:
            entries.pop(spec.run_id, None)
            if took is not None:
                entries[spec.run_id] = took

    @property
    def left(self) -> float:
        with self._account() as entries:
            return self.limit - sum(entries.values())

    @contextlib.contextmanager
    def _account(self) -> Iterator[dict[str, float]]:
        """{run_id: reserved or charged}, written back when the block is left."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_suffix(".lock")):
            entries = self._read() if self.path.exists() else {}
            before = dict(entries)
            yield entries
            if entries != before:
                write_json(self.path, {"unit": self.unit, "entries": entries})

    def _read(self) -> dict[str, float]:
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            unit, entries = kept["unit"], {str(run_id): float(value) for run_id, value in kept["entries"].items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ValueError(f"{self.path}: not a ledger; mend it, or delete it to begin the account anew") from None
        need(unit == self.unit, "limit", self.unit, f"{unit}, in which {self.path} keeps its account", "another store has another")
        return entries


def run_within(specs: list[RunSpec], ledger: Ledger, store: str | Path, **how: object):
    """As `sweep.run`, as far as the ledger pays: runs in the order given, and again whatever what was given back then pays for.

    Returns (table of what is finished, the specs that could not be paid). `how`: as for `run`.
    """
    left = unfinished(specs, store)
    while wave := [spec for spec in left if ledger.reserve(spec)]:
        try:
            pool.run(wave, store, **how)
        finally:
            for spec in wave:
                ledger.settle(spec)
        left = [spec for spec in left if spec not in wave]
    return table(store, dict.fromkeys(spec.run_id for spec in specs)), left
