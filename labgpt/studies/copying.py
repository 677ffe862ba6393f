"""Does a model copy what it has just read (Olsson et al. 2022)? The ladder's models of Python source, by an exam without a pattern.

`python -m labgpt.studies.copying STORE CLIMB…` reads the weights that `labgpt.studies.ladder` left there, and writes what it finds into
data/reference/08_copying.json, beside what it finds there.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from labgpt import corpus
from labgpt.laws import forecast
from labgpt.record import RunDir, provenance, write_json
from labgpt.spec import RunSpec
from labgpt.train import load_model

from . import ladder, reference

ROWS, LETTERS, SKIP = 64, 64, 8  # random letters, twice over; a copy's first few can't be known for one
ABOUT = ("run_id", "corpus", "d_model", "n_layer", "seed", "n_matmul", "tokens", "flops", "val_loss")
TABLE = reference.FOLDER / "08_copying.json"


def exam(model: Callable[[Tensor], Tensor]) -> dict[str, float]:
    """{first, second}: loss, nats a byte, of random letters and of the same letters again. Who copies finds the second easy."""
    once = torch.randint(ord("a"), ord("z") + 1, (ROWS, LETTERS), generator=torch.Generator().manual_seed(0))
    ids = torch.cat([once, once], dim=1)
    with torch.inference_mode():
        loss = -model(ids[:, :-1]).float().log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1)  # (ROWS, 2 LETTERS - 1)
    return {"first": loss[:, SKIP : LETTERS - 1].mean().item(), "second": loss[:, LETTERS - 1 + SKIP :].mean().item()}


def measure(store: str | Path, *climbs: str) -> list[dict]:
    """A row a model of the climbs that is trained: its last budget, its loss, whether a forecast was of it, and its exam."""
    fitted = {s.run_id: s for name in ladder.chosen(climbs) for s in ladder.base(ladder.CLIMBS[name])}
    seals = [seal for name in climbs for seal in sorted(ladder.SEALS.glob(f"{name}-[0-9]*x.json"))]
    foretold = [corpus.pin(RunSpec.from_json(forecast.read(seal)["spec"])) for seal in seals]
    rows = []
    for spec in [*fitted.values(), *{s.run_id: s for s in foretold}.values()]:
        place = RunDir(Path(store) / spec.run_id)
        for last in (place.finished_rows() or [])[-1:]:
            found = exam(load_model(place.path)[0])
            rows.append({key: last[key] for key in ABOUT} | {"forecast": spec.run_id not in fitted} | found)
    return rows


if __name__ == "__main__":
    found = {row["run_id"]: row for row in [*json.loads(TABLE.read_text())["models"], *measure(*sys.argv[1:])]}
    command = f"python -m labgpt.studies.copying STORE {' '.join(sys.argv[2:])}"
    write_json(TABLE, {"command": command, "models": list(found.values()), "provenance": provenance()})
