"""Runs killed at random moments, and checkpoints spoilt byte by byte: what is left must be the same run, or nothing."""

import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from labgpt import corpus, machine
from labgpt.parallel import Group
from labgpt.record import RunDir, write_atomic
from labgpt.spec import RunSpec, derive
from labgpt.train import checkpoint, run
from labgpt.train.loop import Trainer

EVERY_S = 0.1  # between checkpoints: many, so that a kill often comes while one is written


def torture(kills: int = 50, files: int = 60, seed: int = 0) -> dict:
    """{kills, same_weights, files, loaded_as_good, tracebacks, seconds}: see `kill` and `spoil`."""
    began, draw = time.monotonic(), random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        spec = corpus.pin(derive(32, budgets=(262_144, 524_288, 1_048_576), val_tokens=8192))
        calm = _result(run(spec, place / "calm"))
        found = {"kills": kills, "same_weights": kill(spec, place / "killed", kills, draw) == calm}
        small = corpus.pin(derive(16, budgets=(32_768, 65_536), val_tokens=8192))
        loaded, tracebacks = spoil(small, place / "spoilt", files, draw)
    return found | {"files": files, "loaded_as_good": loaded, "tracebacks": tracebacks, "seconds": time.monotonic() - began}


def _result(place: RunDir) -> tuple[str, list]:
    """(hash of the weights, losses): what must not change."""
    return place.status()["weights_sha256"], [row["val_loss"] for row in place.finished_rows() or []]


def kill(spec: RunSpec, store: Path, kills: int, draw: random.Random) -> tuple[str, list]:
    """Start the run, SIGKILL it at a random moment, start it again, `kills` times; then let it finish.

    The moments are spread so that the run, going on from its checkpoints, is about done at the last.
    """
    place = RunDir(store / spec.run_id)
    write_atomic(place.spec, spec.to_json())
    command = [sys.executable, "-m", "labgpt.train", str(place.spec), "--store", str(store), "--checkpoint-every", str(EVERY_S)]
    for _ in range(kills):
        process = subprocess.Popen(command, env=machine.worker_env(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        steps = place.status().get("steps", 0)
        while process.poll() is None and place.status().get("steps", 0) <= steps:
            time.sleep(0.01)  # until it trains: a kill during the imports would prove nothing
        time.sleep(draw.uniform(0, 0.4))
        process.kill()
        process.wait()
        if place.finished_rows() is not None:
            shutil.rmtree(place.path)  # done before its time: from the beginning
            write_atomic(place.spec, spec.to_json())
    subprocess.run(command, env=machine.worker_env(), check=True, stdout=subprocess.DEVNULL)
    return _result(place)


def spoil(spec: RunSpec, store: Path, files: int, draw: random.Random) -> tuple[int, int]:
    """(how many of `files` mutated checkpoints were loaded as good, how many ended in another error than a note)."""
    place, other = RunDir(store / spec.run_id), derive(16, seed=1, budgets=spec.science.schedule.budgets, val_tokens=8192)
    loaded = tracebacks = 0
    with Group(1) as group:
        trainer, foreign = Trainer(spec, group), Trainer(corpus.pin(other), group)
        good: list[Path] = []

        def tick(steps: int) -> None:
            if steps in (2, 5):
                good.append(checkpoint.write(place, trainer, []))

        for _ in trainer.rows(tick):
            break
        stranger = checkpoint.write(RunDir(store / "stranger"), foreign, [])
        whole = {path: path.read_bytes() for one in good for path in (one, one.with_suffix(".json"))}
        for number in range(files):
            for path, body in whole.items():
                shutil.rmtree(path, ignore_errors=True)
                path.write_bytes(body)
            mutate(good[1], stranger, number, draw)
            again = Trainer(spec, group)
            try:
                checkpoint.resume(place, again)
            except Exception:
                tracebacks += 1
                continue
            loaded += again.at.done != 2  # the one before the spoilt one is whole, and must be the one taken
    return loaded, tracebacks


def mutate(path: Path, stranger: Path, number: int, draw: random.Random) -> None:
    """Spoil the checkpoint whose tensors are at `path`: one of six ways, on the tensors or on the JSON beside them."""
    target = path if number % 2 else path.with_suffix(".json")
    body, way = bytearray(target.read_bytes()), number // 2 % 6
    if way == 0:
        target.write_bytes(body[: draw.randrange(len(body))])  # cut short
    elif way == 1:
        body[draw.randrange(len(body))] ^= 1 << draw.randrange(8)  # one bit
        target.write_bytes(body)
    elif way == 2:
        at = draw.randrange(len(body))
        target.write_bytes(body[:at] + bytes(draw.randrange(256) for _ in range(64)) + body[at:])  # too long
    elif way == 3:
        target.write_bytes(stranger.with_suffix(target.suffix).read_bytes())  # another run's
    elif way == 4:
        target.unlink()
        target.mkdir()
    else:
        target.write_bytes(draw.choice([b"", b"null", b"[]", b'{"checkpoint": 1}', b"\\xff\\xfe", b'{"sha256": null}']))
