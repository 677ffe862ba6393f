"""A run and its directory: the door between the training loop and the disk."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import torch
from filelock import FileLock, Timeout
from safetensors.torch import load_file, save

from labgpt import corpus
from labgpt.model import GPT
from labgpt.parallel import Group
from labgpt.record import RunDir, provenance, sha256, write_atomic
from labgpt.spec import RunSpec

from .loop import Diverged, Trainer, plan

NOTE_EVERY_S = 0.5  # how often a run notes its progress


def run(spec: RunSpec, store: str | Path = "runs/store") -> RunDir:
    """Train what the spec says and leave it in `store/RUN_ID/`; a finished run is left as it is.

    Raises ValueError for a spec that does not fit this machine, Diverged when the loss stops being a number, TimeoutError
    when another process is training the same run.
    """
    spec = corpus.pin(spec)
    place = RunDir(Path(store) / spec.run_id)
    if place.finished_rows() is not None:
        return place
    torch.set_num_threads(spec.execution.threads)
    torch.use_deterministic_algorithms(spec.execution.reduction == "tree")
    with Group(spec.execution.world_size, spec.execution.device) as group:
        if group.rank > 0:
            for _ in Trainer(spec, group).rows():
                pass
            return place
        place.path.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(place.claim, timeout=0):
                if place.finished_rows() is None:
                    _train(spec, place, group)
        except Timeout:
            raise TimeoutError(
                f"run {spec.run_id}: another process is training it; wait, or look at {place.status_file}"
            ) from None
    return place


def _train(spec: RunSpec, place: RunDir, group: Group) -> None:
    """Rank 0's side: rows and status as they come, weights at the end, "done" last of all."""
    write_atomic(place.spec, spec.to_json())
    total, began = sum(end - start for start, _, end in plan(spec)), time.time()
    note = {"state": "running", "steps": 0, "total_steps": total, "started_at": began, "provenance": provenance()}
    place.write_status(**note)
    trainer, rows, noted, sent = Trainer(spec, group), [], time.monotonic(), _loopback_bytes()

    def tick(steps: int) -> None:
        nonlocal noted
        if time.monotonic() - noted > NOTE_EVERY_S:
            noted = time.monotonic()
            place.write_status(durable=False, **note | {"steps": steps, "seconds": time.time() - began})

    try:
        for row in trainer.rows(tick):
            rows.append(row)
            digest = place.write_rows(rows)
    except (Diverged, MemoryError, OSError) as error:
        place.write_status(**note | {"state": "failed", "reason": str(error), "seconds": time.time() - began})
        raise
    weights = save({name: t.contiguous() for name, t in trainer.model.state_dict().items()})
    write_atomic(place.weights, weights)
    if group.world_size > 1:
        note["loopback_bytes_per_step"] = (_loopback_bytes() - sent) / total
    place.write_status(
        **note
        | {
            "state": "done",
            "steps": total,
            "seconds": time.time() - began,
            "rows_sha256": digest,
            "weights_sha256": sha256(weights),
        }
    )


def _loopback_bytes() -> int:
    """Bytes this machine has sent to itself so far: what processes on one machine say to each other, headers included."""
    counters = psutil.net_io_counters(pernic=True)
    return sum(c.bytes_sent for name, c in counters.items() if name.startswith("lo"))


def load_model(path: str | Path) -> tuple[GPT, RunSpec]:
    """The trained model of a run directory, and its spec."""
    place = RunDir(path)
    if place.finished_rows() is None:
        raise ValueError(
            f"run = {str(path)!r}: not a finished run; allowed is a directory that `labgpt runs` lists as done"
        )
    spec = RunSpec.read(place.spec)
    if sha256(place.weights.read_bytes()) != place.status()["weights_sha256"]:
        raise ValueError(
            f"run = {str(path)!r}: model.safetensors is not the file its status vouches for; train it again"
        )
    model = GPT(spec.science.model)
    model.load_state_dict(load_file(place.weights))
    return model.eval(), spec
