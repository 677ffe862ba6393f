"""A run and its directory: the door between the training loop and the disk."""

import contextlib
import math
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
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

from . import checkpoint
from .loop import Trainer, plan

NOTE_EVERY_S = 0.5  # how often a run notes its progress
CHECKPOINT_EVERY_S = 30.0
WRITE, STOP = 1, 2  # rank 0's words to the others


class Stopped(KeyboardInterrupt):
    """SIGINT or SIGTERM came; a checkpoint was written. `code`: the exit status that says so."""

    def __init__(self, words: str, code: int):
        super().__init__(words)
        self.code = code


def run(spec: RunSpec, store: str | Path = "runs/store", checkpoint_every_s: float = CHECKPOINT_EVERY_S) -> RunDir:
    """Train what the spec says and leave it in `store/RUN_ID/`; a finished run is left as it is, a stopped one goes on.

    Raises ValueError for a spec that does not fit this machine, Diverged when the loss stops being a number, TimeoutError
    when another process is training the same run, Stopped after Ctrl-C or SIGTERM.
    """
    spec = corpus.pin(spec)
    place = RunDir(Path(store) / spec.run_id)
    if place.finished_rows() is not None:
        return place
    torch.set_num_threads(spec.execution.threads)
    if spec.execution.reduction == "tree":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS gives the same bits twice only with this
    torch.use_deterministic_algorithms(spec.execution.reduction == "tree")
    torch.set_float32_matmul_precision("high" if spec.science.precision == "bfloat16" else "highest")  # TF32, on a GPU alone
    with Group(spec.execution.world_size, spec.execution.device) as group:
        if group.rank > 0:
            follow(spec, place, group)
            return place
        place.path.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(place.claim, timeout=0):
                if place.finished_rows() is None:
                    _train(spec, place, group, checkpoint_every_s)
        except Timeout:
            raise TimeoutError(
                f"run {spec.run_id}: another process is training it; wait, or look at {place.status_file}"
            ) from None
    return place


def follow(spec: RunSpec, place: RunDir, group: Group) -> None:
    """The other ranks' side: from the same checkpoint, step by step with rank 0, which alone decides when to stop.

    Where a checkpoint needs all ranks' parts, rank 0 tells them after each step what it will do.
    """

    def tick(steps: int) -> None:
        word = group.tell() if spec.execution.sharded else 0
        if word & WRITE:
            checkpoint.state(trainer)
        if word & STOP:
            raise Stopped("rank 0 says why", 0)

    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.SIG_IGN)
    trainer = Trainer(spec, group)
    checkpoint.resume(place, trainer)
    with contextlib.suppress(Stopped):
        for _ in trainer.rows(tick):
            pass
        trainer.weights()  # rank 0 asks for them now


def _train(spec: RunSpec, place: RunDir, group: Group, checkpoint_every_s: float) -> None:
    """Rank 0's side: rows, status and checkpoints as they come, weights at the end, "done" last of all."""
    write_atomic(place.spec, spec.to_json())
    total, began = sum(end - start for start, _, end in plan(spec)), time.time()
    note = {"state": "running", "steps": 0, "total_steps": total, "started_at": began, "provenance": provenance()}
    trainer = Trainer(spec, group)
    rows, note["notes"] = checkpoint.resume(place, trainer)
    for line in note["notes"]:
        print(f"labgpt.train: run {spec.run_id}: {line}", file=sys.stderr)
    place.write_status(**note | {"steps": trainer.at.done})
    unkept = trainer.diloco and group.world_size > 1  # the others' weights and moments are not here
    sent, first, noted, saved = _loopback_bytes(), trainer.at.done, time.monotonic(), time.monotonic()

    with signals() as came:

        def tick(steps: int) -> None:
            nonlocal noted, saved
            now, word = time.monotonic(), STOP if came else 0
            if word or now - saved > checkpoint_every_s:
                word |= WRITE if not unkept and (not trainer.at.losses or math.isfinite(trainer.at.losses[-1])) else 0
                saved = now
            if spec.execution.sharded:
                group.tell(word)
            if word & WRITE:
                checkpoint.write(place, trainer, rows)
                saved = time.monotonic()
            if word & STOP:
                then = "begins again, for a run with diloco keeps no checkpoint" if unkept else "goes on from there"
                words = f"run {spec.run_id}: stopped at step {steps} of {total}; the same command {then}"
                raise Stopped(words, 128 + came[0])
            if now - noted > NOTE_EVERY_S:
                noted = now
                at = {"tokens": trainer.at.step * spec.science.tokens_per_step, "train_loss": float(trainer.loss)}
                place.write_status(durable=False, **note | at | {"steps": steps, "seconds": time.time() - began})

        try:
            digest = place.write_rows(rows)
            for row in trainer.rows(tick):
                rows.append(row)
                digest = place.write_rows(rows)
            weights = save({name: t.contiguous() for name, t in trainer.weights().items()})
            write_atomic(place.weights, weights)
        except (RuntimeError, MemoryError, OSError) as error:  # diverged, out of memory, a lost peer; a full disk
            failed = {"state": "failed", "reason": f"{error or type(error).__name__}".splitlines()[0]}
            with contextlib.suppress(OSError):
                place.write_status(**note | failed | {"seconds": time.time() - began})
            raise
    if group.world_size > 1 and total > first:
        note["loopback_bytes_per_step"] = (_loopback_bytes() - sent) / (total - first)
    done = {"state": "done", "steps": total, "seconds": time.time() - began, "rows_sha256": digest}
    place.write_status(**note | done | {"weights_sha256": sha256(weights)})
    shutil.rmtree(place.checkpoints, ignore_errors=True)


@contextlib.contextmanager
def signals() -> Iterator[list[int]]:
    """A list that SIGINT and SIGTERM put their number into, to be looked at now and then; in the main thread only."""
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    hear: Callable = lambda number, frame: came.append(number)  # noqa: E731
    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _loopback_bytes() -> int:
    """Bytes this machine has sent to itself so far: what processes on one machine say to each other, headers included."""
    counters = psutil.net_io_counters(pernic=True)
    return sum(c.bytes_sent for name, c in counters.items() if name.startswith("lo"))


def load_model(path: str | Path) -> tuple[GPT, RunSpec]:
    """The trained model of a run directory, and its spec."""
    place = RunDir(path)
    if place.finished_rows() is None:
        raise ValueError(f"run = {str(path)!r}: not a finished run; allowed is a directory that `labgpt runs` lists as done")
    spec = RunSpec.read(place.spec)
    if sha256(place.weights.read_bytes()) != place.status()["weights_sha256"]:
        raise ValueError(f"run = {str(path)!r}: model.safetensors is not the file its status vouches for; train it again")
    model = GPT(spec.science.model)
    model.load_state_dict(load_file(place.weights))
    return model.eval(), spec
