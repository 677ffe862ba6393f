"""A study: a grid and what it may cost, read from TOML or made in Python.

    widths = [16, 24, 32, 48]
    budgets = [131072, 262144]       # tokens; or flops = [1e10, 4e10], an IsoFLOP study
    corpus = "zipf-markov"
    seeds = 2

    [set]                            # any other field of the specs
    batch_size = 32

    [limit]                          # what it may cost; one of seconds (of a core), flops, money
    money = 5.0
    per_hour = 0.9                   # of a core or a GPU
"""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from labgpt import cost
from labgpt.spec import RunSpec
from labgpt.spec.run import need
from labgpt.train.loop import planned_tokens

from .grid import grid, isoflop
from .ledger import UNITS, Ledger


@dataclass(frozen=True)
class Study:
    widths: tuple[int, ...] = (16, 24, 32, 48)
    budgets: tuple[int, ...] = (262_144,)
    flops: tuple[float, ...] = ()
    corpus: str = "zipf-markov"
    seeds: int = 1
    set: dict = field(default_factory=dict)
    limit: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("widths", "budgets", "flops"):
            values = getattr(self, name)
            need(isinstance(values, list | tuple) and all(isinstance(v, int | float) for v in values), name, values, "numbers in brackets")
            object.__setattr__(self, name, tuple(values))
        need(isinstance(self.seeds, int) and self.seeds > 0, "seeds", self.seeds, "a whole number above 0")
        if self.limit:
            units = [u for u in UNITS if u in self.limit]
            ok = len(units) == 1 and set(self.limit) <= {*UNITS, "per_hour"} and ("money" in units) == ("per_hour" in self.limit)
            need(ok, "limit", self.limit, f"one of {', '.join(UNITS)}; with money also per_hour, the price of a core's hour")

    @classmethod
    def read(cls, path: str | Path) -> Study:
        """The study of a TOML file. ValueError, naming the file: missing, not TOML, a field unknown or of the wrong kind."""
        try:
            given = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise ValueError(f"study = {str(path)!r}: {error.strerror}; allowed is a TOML file, such as sweep/study.py shows") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"study = {str(path)!r}: not TOML ({error})") from None
        fields = [f.name for f in dataclasses.fields(cls)]
        for name in given:
            need(name in fields, name, given[name], f"in {path} the fields {', '.join(fields)}")
        return cls(**given)

    def specs(self) -> list[RunSpec]:
        if self.flops:
            return isoflop(self.widths, self.flops, self.corpus, self.seeds, **self.set)
        return grid(self.widths, self.budgets, self.corpus, self.seeds, **self.set)

    def ledger(self, store: str | Path) -> Ledger | None:
        """What it may spend in that store; None where it has no limit."""
        if not self.limit:
            return None
        unit = next(u for u in UNITS if u in self.limit)
        return Ledger(store, unit, self.limit[unit], self.limit.get("per_hour", 0.0))


def share(specs: list[RunSpec], text: str) -> list[RunSpec]:
    """The part I/N of a list, counted from 0: dealt out longest first, so that the parts take about as long.

    A pure function of the specs: N machines that are given 0/N … N-1/N train each run once, without a word between them.
    """
    part, slash, parts = text.partition("/")
    ok = slash and part.isdigit() and parts.isdigit() and int(part) < int(parts)
    need(bool(ok), "shard", text, "I/N with I from 0 to N-1", "on SLURM `--shard $SLURM_ARRAY_TASK_ID/8`")
    work = {spec.run_id: cost.training_flops(spec.science.model, planned_tokens(spec)) for spec in specs}
    return sorted(specs, key=lambda spec: (-work[spec.run_id], spec.run_id))[int(part) :: int(parts)]
