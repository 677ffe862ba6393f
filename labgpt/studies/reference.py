"""Recorded runs: groups of specs trained, and their table in data/reference with its provenance beside it."""

from pathlib import Path

import torch

from labgpt import sweep
from labgpt.record import provenance, write_atomic, write_json
from labgpt.spec import RunSpec

SEEDS = 3  # of a lesson's recorded runs
FOLDER = Path(__file__).parents[2] / "data" / "reference"


def path(name: str) -> Path:
    return FOLDER / f"{name}.csv"


def make(name: str, groups: dict[str, list[RunSpec]], store: str | Path, per_gpu: int = 1) -> Path:
    """Train the groups, write data/reference/NAME.csv with their names in the column `group`, and NAME.json; returns the table's path."""
    import pandas as pd

    sweep.run([spec for specs in groups.values() for spec in specs], store, per_gpu=per_gpu)
    tables = [sweep.table(store, [s.run_id for s in specs]).assign(group=group) for group, specs in groups.items()]
    write_atomic(path(name), pd.concat(tables, ignore_index=True).to_csv(index=False, float_format="%.9g"))
    hashes = {s.science.data.corpus: s.science.data.corpus_sha256 for specs in groups.values() for s in specs}
    about = {"lesson": name, "command": f"labgpt reference {name}", "corpora": hashes, **provenance()}
    if any(s.execution.device == "cuda" for specs in groups.values() for s in specs):
        about["gpu"] = torch.cuda.get_device_name()
    write_json(path(name).with_suffix(".json"), about)
    return path(name)
