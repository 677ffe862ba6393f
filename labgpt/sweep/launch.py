"""One run on several processes: torchrun as a child in its own process group, followed through the run's own record."""

import importlib.util
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from labgpt import corpus, machine
from labgpt.record import RunDir, write_atomic
from labgpt.spec import RunSpec

from .pool import POLL_S, Failed, part_done, stop


def launch(spec: RunSpec, store: str | Path = "runs/store", follow: Callable[[float], None] = lambda share: None) -> RunDir:
    """Train `spec` under torchrun with spec.execution.world_size processes; `follow(share done)` is called as it goes on.

    A finished run is left as it is. Raises Failed with the run's own words.
    """
    if importlib.util.find_spec("torch.distributed.run") is None:
        raise ValueError("torchrun: not in this torch build; allowed is a build with torch.distributed; try `labgpt doctor`")
    spec = corpus.pin(spec)
    place = RunDir(Path(store) / spec.run_id)
    if place.finished_rows() is not None:
        return place
    write_atomic(place.spec, spec.to_json())
    command = machine.torchrun(spec.execution.world_size, "-m", "labgpt.train", str(place.spec), "--store", str(store))
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        talk = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        process = subprocess.Popen(command, env=machine.worker_env(spec.execution.threads), start_new_session=True, **talk)
        try:
            while process.poll() is None:
                follow(part_done(place))
                time.sleep(POLL_S)
        finally:
            stop(process)
        log.seek(0)
        lines = [line for line in log.read().splitlines() if line.strip()]
    if place.finished_rows() is None:
        # A rank's own words, not torchrun's table of who failed.
        said = next((line for line in lines if line.startswith("labgpt.train:")), None)
        said = said or next((line for line in lines if "Error" in line), f"torchrun ended with code {process.returncode}")
        raise Failed(f"run {spec.run_id} on {spec.execution.world_size} processes: {said.removeprefix('labgpt.train: ')}")
    return place
