"""The run store: one directory a run, named by its run_id. What is not finished does not count."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from labgpt.record import TABLE, RunDir
from labgpt.spec import RunSpec
from labgpt.train.outlook import cost_s

EXTRA = ("train_loss", "seconds", "tokens_per_s", "d_model", "n_layer", "batch_size", "world_size", "reduction")


def runs(store: str | Path = "runs/store") -> list[dict]:
    """Every run directory's state: run_id, state (done, running, failed, unfinished), steps, total_steps, reason."""
    found = []
    for path in sorted(Path(store).glob("*/spec.json")):
        place = RunDir(path.parent)
        status = place.status()
        state = status.get("state", "unfinished")
        if state == "done" and place.finished_rows() is None:
            state = "damaged"
        steps = {name: status.get(name, 0) for name in ("steps", "total_steps")}
        found.append({"run_id": path.parent.name, "state": state, **steps, "reason": status.get("reason", "")})
    return found


def count(specs: Iterable[RunSpec], store: str | Path = "runs/store") -> dict:
    """Of these runs: how many are done, running, failed, unfinished or damaged; and, over those that are done, the wall seconds
    predicted now and those measured (a run that was stopped counts its last leg alone, so it is left out of both)."""
    found, states = {"done": 0, "predicted_s": 0.0, "measured_s": 0.0}, {r["run_id"]: r["state"] for r in runs(store)}
    for spec in specs:
        state = states.get(spec.run_id, "unfinished")
        found[state] = found.get(state, 0) + 1
        status = RunDir(Path(store) / spec.run_id).status()
        if state == "done" and not status.get("notes"):
            found["predicted_s"] += cost_s(spec)
            found["measured_s"] += status["seconds"]
    return found


def specs(store: str | Path = "runs/store") -> list[RunSpec]:
    """The spec of every run directory that has a whole one."""
    found = []
    for path in sorted(Path(store).glob("*/spec.json")):
        with contextlib.suppress(ValueError, OSError):
            found.append(RunSpec.read(path))
    return found


def unfinished(specs: Iterable[RunSpec], store: str | Path = "runs/store") -> list[RunSpec]:
    """Those of the specs (pinned) that have no finished run in the store."""
    return [spec for spec in specs if RunDir(Path(store) / spec.run_id).finished_rows() is None]


def table(store: str | Path, run_ids: Iterable[str]):
    """Finished runs' rows as a pandas DataFrame: the columns of runs.csv, then timings and shapes. Order: as given, then tokens."""
    import pandas as pd

    rows = [row for run_id in run_ids for row in RunDir(Path(store) / run_id).finished_rows() or []]
    frame = pd.DataFrame(rows, columns=[c for c in (*TABLE, *EXTRA) if c != "tokens_per_s"])
    frame.insert(frame.columns.get_loc("seconds") + 1, "tokens_per_s", frame["tokens"] / frame["seconds"])
    for optional in ("bits_per_byte", "bayes_loss"):
        frame[optional] = frame[optional].astype(float)
    return frame
