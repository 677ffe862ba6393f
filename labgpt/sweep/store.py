"""The run store: one directory a run, named by its run_id. What is not finished does not count."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from labgpt.record import RunDir
from labgpt.spec import RunSpec

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
        found.append(
            {
                "run_id": path.parent.name,
                "state": state,
                "steps": status.get("steps", 0),
                "total_steps": status.get("total_steps", 0),
                "reason": status.get("reason", ""),
            }
        )
    return found


def unfinished(specs: Iterable[RunSpec], store: str | Path = "runs/store") -> list[RunSpec]:
    """Those of the specs (pinned) that have no finished run in the store."""
    return [spec for spec in specs if RunDir(Path(store) / spec.run_id).finished_rows() is None]


def table(store: str | Path, run_ids: Iterable[str]):
    """Finished runs' rows as a pandas DataFrame: the columns of runs.csv, then timings and shapes. Order: as given, then tokens."""
    import pandas as pd

    from labgpt.record import TABLE

    rows = [row for run_id in run_ids for row in RunDir(Path(store) / run_id).finished_rows() or []]
    frame = pd.DataFrame(rows, columns=[c for c in (*TABLE, *EXTRA) if c != "tokens_per_s"])
    frame.insert(frame.columns.get_loc("seconds") + 1, "tokens_per_s", frame["tokens"] / frame["seconds"])
    for optional in ("bits_per_byte", "bayes_loss"):
        frame[optional] = frame[optional].astype(float)
    return frame
