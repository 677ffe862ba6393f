"""Runs on several processes, one of which is killed: torchrun starts them all again, and the end must be the same bits."""
import random
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import psutil

from labgpt import corpus, machine
from labgpt.record import RunDir, write_atomic
from labgpt.spec import RunSpec, derive

EVERY_S, RUN_S = 0.2, 240.0  # between checkpoints; for one run, kill and recovery included


def kill_ranks(kills: int = 20, world_size: int = 2, seed: int = 0) -> dict:
    """{kills, world_size, same_weights, recovery_s (from the kill to the next checkpoint), lost_steps, and the worst of both}.

    Recovery and lost steps are medians over the kills. A lost step was trained, and is trained again.
    """
    draw = random.Random(seed)
    spec = corpus.pin(derive(32, budgets=(131_072, 262_144), val_tokens=8192, world_size=world_size, reduction="tree"))
    with tempfile.TemporaryDirectory() as folder:
        calm = torchrun(spec, Path(folder) / "calm")
        calm.wait(RUN_S)
        wanted = _weights(spec, Path(folder) / "calm")
        found = [kill_one(spec, Path(folder) / str(number), draw) for number in range(kills)]
        same = sum(wanted is not None and _weights(spec, Path(folder) / str(number)) == wanted for number in range(kills))
    seconds, steps = zip(*found, strict=True)
    return {"kills": kills, "world_size": world_size, "same_weights": same, "recovery_s": statistics.median(seconds),
            "worst_recovery_s": max(seconds), "lost_steps": statistics.median(steps), "worst_lost_steps": max(steps)}  # fmt: skip


def torchrun(spec: RunSpec, store: Path, restarts: int = 3) -> subprocess.Popen:
    """The run under torchrun, which starts all processes again when one dies."""
    place = RunDir(store / spec.run_id)
    write_atomic(place.spec, spec.to_json())
    train = ["-m", "labgpt.train", str(place.spec), "--store", str(store), "--checkpoint-every", str(EVERY_S)]
    command = machine.torchrun(spec.execution.world_size, "--max-restarts", str(restarts), *train)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, env=machine.worker_env(), start_new_session=True, **quiet)


def kill_one(spec: RunSpec, store: Path, draw: random.Random) -> tuple[float, int]:
    """Run it, SIGKILL a random rank at a random moment: (seconds until it trains on, steps lost); then let it finish."""
    place, process, until = RunDir(store / spec.run_id), torchrun(spec, store), time.monotonic() + RUN_S
    wait_for(lambda: newest(place) > 0, process, until)
    time.sleep(draw.uniform(0, 1.5))
    victim = draw.randrange(spec.execution.world_size)
    ranks = [p for p in psutil.Process(process.pid).children(recursive=True) if p.environ().get("RANK") == str(victim)]
    reached, kept, killed = place.status().get("steps", 0), newest(place), time.monotonic()
    for rank in ranks:
        rank.kill()
    wait_for(lambda: newest(place) > kept or place.finished_rows() is not None, process, until)
    recovered = time.monotonic() - killed
    process.wait(max(1.0, until - time.monotonic()))
    return recovered, max(0, reached - kept)


def newest(place: RunDir) -> int:
    """Steps done at the newest checkpoint, 0 without one."""
    return max((int(path.stem) for path in place.checkpoints.glob("*.json") if path.stem.isdigit()), default=0)


def wait_for(what, process: subprocess.Popen, until: float) -> None:
    while not what():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError("the run ended before it was killed, or did not go on after it")
        time.sleep(0.02)


def _weights(spec: RunSpec, store: Path) -> str | None:
    return RunDir(store / spec.run_id).status().get("weights_sha256")
