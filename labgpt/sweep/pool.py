"""The local pool: one single-threaded worker a core, longest run first, progress read from the runs' own records."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from filelock import FileLock, Timeout
from tqdm.auto import tqdm

from labgpt import corpus, machine
from labgpt.record import RunDir, write_atomic
from labgpt.spec import RunSpec
from labgpt.train.outlook import cost_s, memory_bytes

from .store import table

POLL_S = 0.2
START_S = 3.0  # a process imports torch before it trains
IMPORTS = 300 << 20  # bytes a process holds before it trains


class Failed(RuntimeError):
    """A run of the sweep did not finish; the others did."""


class Progress:
    """A bar over predicted seconds of wall time. Its estimate corrects itself by how the work done so far compared."""

    def __init__(self, predicted_s: float, show: bool = True):
        # A bar that redraws in place ends up as thousands of lines in a log file or a stored notebook output.
        look = {"unit": "s", "bar_format": "{desc}{percentage:3.0f}%|{bar}| {postfix}", "mininterval": 0.5}
        self.bar = tqdm(total=round(predicted_s, 1), disable=not show or bool(os.environ.get("LABGPT_QUIET")), **look)
        self.began, self.done, self.first_estimate_s = time.monotonic(), 0.0, None

    def at(self, done_s: float, what: str) -> None:
        """`done_s`: predicted seconds of the work that is finished."""
        self.done = min(max(self.done, done_s), self.bar.total)  # beyond its total the bar would warn
        elapsed = time.monotonic() - self.began
        pace = elapsed / self.done if self.done > 5 else 1.0
        left = max(0.0, self.bar.total - self.done) * pace
        if elapsed >= 30 and self.first_estimate_s is None:
            self.first_estimate_s = elapsed + left
        self.bar.set_description_str(f"{what}  ", refresh=False)
        self.bar.set_postfix_str(f"{_clock(elapsed)} so far, about {_clock(left)} left", refresh=False)
        self.bar.update(self.done - self.bar.n)

    def close(self) -> None:
        self.bar.close()


def _clock(s: float) -> str:
    return f"{int(s) // 60}:{int(s) % 60:02d}"


def run(specs: list[RunSpec], store: str | Path = "runs/store", progress: Progress | bool = True, gpus: int = 0, per_gpu: int = 1):
    """Train every spec that is not finished in the store; returns its table (pandas). Interrupt and call again: it goes on.

    One process a core, fewer where memory is short; where the specs ask for a GPU, `per_gpu` a GPU (a small model leaves most of one
    idle), on `gpus` of them (0: all there are).

    Raises Failed with the first failing run's reason, after the others have ended.
    """
    specs = [corpus.pin(spec) for spec in specs]
    store, unique = Path(store), {spec.run_id: spec for spec in specs}
    places = {run_id: RunDir(store / run_id) for run_id in unique}
    todo = [r for r in unique if places[r].finished_rows() is None]
    if any(spec.execution.device == "cuda" for spec in specs):
        gpus = gpus or machine.gpus()
    if todo:
        todo.sort(key=lambda r: -cost_s(unique[r]))
        for run_id in todo:
            if places[run_id].status().get("state") == "failed":
                places[run_id].status_file.unlink()
            write_atomic(places[run_id].spec, unique[run_id].to_json())
        workers = max(1, min(gpus * per_gpu or fitting(list(unique.values())), len(todo)))
        own = isinstance(progress, bool)
        bar = Progress(pool_s([unique[r] for r in todo], workers), show=progress) if own else progress
        try:
            _work(store, todo, {r: cost_s(unique[r]) for r in todo}, workers, bar, gpus)
        finally:
            if own:
                bar.close()
    for run_id in todo:
        if places[run_id].finished_rows() is None:
            reason = places[run_id].status().get("reason", "its process ended early")
            raise Failed(f"run {run_id}: {reason}; the others are kept in {store}")
    return table(store, unique)


def fitting(specs: list[RunSpec]) -> int:
    """How many of the largest of these runs this machine's cores and free memory hold at a time; at least one."""
    return max(1, min(machine.cores(), int(psutil.virtual_memory().available // (IMPORTS + max(map(memory_bytes, specs))))))


def pool_s(specs: list[RunSpec], workers: int) -> float:
    """Predicted wall seconds of a pool: longest first onto the least busy worker."""
    busy = [START_S] * workers
    for s in sorted((cost_s(spec) for spec in specs), reverse=True):
        busy[busy.index(min(busy))] += s
    return max(busy)


def _work(store: Path, todo: list[str], price: dict[str, float], workers: int, bar: Progress, gpus: int) -> None:
    """Start the workers and follow them; start them again when runs that somebody else's sweep held are free and not finished."""
    places = {r: RunDir(store / r) for r in todo}
    while waiting := [r for r in todo if places[r].finished_rows() is None and places[r].status().get("state") != "failed"]:
        free = [r for r in waiting if not held(places[r])]
        with _processes(store, free, min(workers, len(free)), gpus) if free else contextlib.nullcontext([]) as processes:
            while True:
                shares = {r: part_done(places[r]) for r in todo}
                done = sum(price[r] * shares[r] for r in todo)
                bar.at(done / workers, f"{sum(s == 1 for s in shares.values())}/{len(todo)} runs")
                if all(p.poll() is not None for p in processes):
                    break
                time.sleep(POLL_S)
            died = next((p.returncode for p in processes if p.returncode not in (0, None)), None)
        if died is not None:
            said = f"a training process ended with code {died}; what it finished is kept, call again to go on"
            raise Failed(f"{said} (its words: {_last_line(store)})")
        time.sleep(POLL_S)


def held(place: RunDir) -> bool:
    """Whether some process is training the run now."""
    try:
        with FileLock(place.claim, timeout=0):
            return False
    except Timeout:
        return True


def part_done(place: RunDir) -> float:
    """How much of a run is done, 1 where all of it is."""
    status = place.status()
    if status.get("state") == "done":
        return 1.0
    return min(0.99, status.get("steps", 0) / max(1, status.get("total_steps", 1)))


@contextlib.contextmanager
def _processes(store: Path, run_ids: list[str], workers: int, gpus: int) -> Iterator[list[subprocess.Popen]]:
    """Workers in process groups of their own, ended when the block is left, however it is left."""
    started = []
    try:
        with open(store / "workers.log", "w") as log:
            for number in range(workers):
                command = [sys.executable, "-m", "labgpt.sweep.worker", str(store), *run_ids]
                env = machine.worker_env() | ({"CUDA_VISIBLE_DEVICES": str(number % gpus)} if gpus else {})
                talk = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
                started.append(subprocess.Popen(command, env=env, start_new_session=True, **talk))
        yield started
    finally:
        for process in started:
            stop(process)


def stop(process: subprocess.Popen, grace_s: float = 5.0) -> None:
    """SIGTERM to the whole process group, SIGKILL if it is still there after the grace."""
    if process.poll() is not None:
        return
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_s)
            return


def _last_line(store: Path) -> str:
    lines = (store / "workers.log").read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "none"
