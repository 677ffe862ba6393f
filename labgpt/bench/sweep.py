"""A sweep of small runs on all cores: how much of the cores it uses, and what is left of it when it is killed again and again."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from labgpt import corpus, machine
from labgpt import sweep as room
from labgpt.record import TABLE, RunDir, write_atomic
from labgpt.spec import RunSpec

WIDTHS, BUDGETS = (16, 24, 32), (65_536, 131_072)


def study(runs: int) -> list[RunSpec]:
    """`runs` small runs of three sizes, seed by seed."""
    specs = room.grid(WIDTHS, BUDGETS, seeds=-(-runs // len(WIDTHS)), val_tokens=8192)
    return [corpus.pin(spec) for spec in sorted(specs, key=lambda spec: spec.science.seed)[:runs]]


def sweep(runs: int = 60, kills: int = 20, seed: int = 0) -> dict:
    """{runs, cores, solo_s, wall_s, utilisation, kills, same_table}.

    solo_s: wall seconds of the runs one at a time, each a process of its own, its start included. wall_s: of one sweep of them
    on all cores. utilisation = solo_s / (wall_s x cores): above 1 where a worker's one start serves many runs.
    same_table: runs.csv of a sweep that was killed with all its workers `kills` times is the calm one's, byte for byte.
    """
    specs = study(runs)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        solo = sum(alone(spec, place / "solo") for spec in specs)
        began = time.monotonic()
        _start(specs, place / "calm").wait()
        wall = time.monotonic() - began
        found = {"runs": runs, "cores": machine.cores(), "solo_s": solo, "wall_s": wall, "utilisation": solo / (wall * machine.cores())}
        hit = kill(specs, place / "killed", kills, wall, random.Random(seed))
        ids, columns = [spec.run_id for spec in specs], list(TABLE)
        tables = {room.table(place / name, ids)[columns].to_csv(index=False) for name in ("solo", "calm", "killed")}
    return found | {"kills": hit, "same_table": len(tables) == 1}


def alone(spec: RunSpec, store: Path) -> float:
    """Wall seconds of one run in a process of its own."""
    place = RunDir(store / spec.run_id)
    write_atomic(place.spec, spec.to_json())
    began = time.monotonic()
    command = [sys.executable, "-m", "labgpt.train", str(place.spec), "--store", str(store)]
    subprocess.run(command, env=machine.worker_env(), check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def kill(specs: list[RunSpec], store: Path, kills: int, wall_s: float, draw: random.Random) -> int:
    """Start the sweep, SIGKILL it and its workers at a random moment, and again; then let it end. Returns how often it was killed.

    The pauses are spread so that the sweep, keeping what it finished, is about done at the last.
    """
    hit = 0
    while hit < kills:
        process = _start(specs, store)
        time.sleep(draw.uniform(2, 2 + 1.5 * wall_s / max(kills, 4)))  # a pool and its workers import first
        if process.poll() is not None:
            break
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        hit += 1
    _start(specs, store).wait()
    return hit


def _start(specs: list[RunSpec], store: Path) -> subprocess.Popen:
    """A sweep of the specs in a process group of its own; the specs lie in the store, as one that was begun."""
    for spec in specs:
        write_atomic(RunDir(store / spec.run_id).spec, spec.to_json())
    command = [sys.executable, "-m", "labgpt", "sweep", "resume", "--store", str(store)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, env=machine.worker_env(), start_new_session=True, **quiet)
