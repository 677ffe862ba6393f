"""Every strategy on W = 1, 2, 4 processes under torchrun against one process, and one stopped at W = 4 that goes on at 2, 3 or 1."""
import tempfile
import time
from pathlib import Path

from tqdm.auto import tqdm

from labgpt import corpus, sweep
from labgpt.record import RunDir
from labgpt.spec import RunSpec, derive, replace
from labgpt.spec.run import ALIKE
from labgpt.train import checkpoint, run

from .ranks import RUN_S, newest, torchrun, wait_for

STEPS, LONG, ROWS = 20, 80, 24  # 24 rows and 12 heads: three ranks can share them too
SHAPE = {"n_layer": 4, "n_head": 12, "batch_size": ROWS, "val_tokens": 2048, "warmup_steps": 2}


def strategies() -> dict:
    """{steps, same: [{strategy, world_size, optimizer, apart}], resumed: [{strategy, saved_at, steps, resumed_at, apart}], tree}.

    apart: the largest difference of a loss from one process's, nats a token: after each of 20 steps, or at the ends of two branches of
    a run that was stopped (SIGTERM) at `steps`. tree: {what: hash of the final weights} with reduction="tree".
    """
    every = replace(derive(24), **SHAPE, cooldown=0.0, budgets=tuple(ROWS * 64 * i for i in range(1, STEPS + 1)))
    long = corpus.pin(replace(derive(24), **SHAPE, budgets=(ROWS * 64 * LONG // 2, ROWS * 64 * LONG)))
    with tempfile.TemporaryDirectory() as folder:
        store, same, resumed = Path(folder), [], []
        for name, worlds in (("muon", (1, 2, 4)), ("adamw", (4,))):
            alone = train(replace(every, name=name), store)
            for strategy, w in tqdm([(s, w) for s in ALIKE for w in worlds if s != "fsdp+tp" or w > 1], desc=name, leave=False):
                found = train(replace(under(every, strategy, w), name=name), store)
                same.append({"strategy": strategy, "world_size": w, "optimizer": name, "apart": apart(found, alone)})
        alone = train(long, store)
        for strategy in tqdm(ALIKE[1:], desc="4 ->", leave=False):
            old, steps = stopped(under(long, strategy, 4), store)
            for w in (2, 3, 1):
                if strategy == "fsdp+tp" and w != 2:
                    continue  # it goes by pairs
                found = resume(old, under(long, strategy, w), store)
                resumed.append({"strategy": strategy, "saved_at": 4, "steps": steps, "resumed_at": w, "apart": apart(found, alone)})
        return {"steps": STEPS, "same": same, "resumed": resumed, "tree": tree(long, store)}


def train(spec: RunSpec, store: Path) -> RunDir:
    return sweep.launch(spec, store) if spec.execution.world_size > 1 else run(spec, store)


def under(spec: RunSpec, strategy: str, world_size: int) -> RunSpec:
    return corpus.pin(replace(spec, strategy=strategy, world_size=world_size, microbatches=4 if strategy in ("gpipe", "1f1b") else 1))


def apart(one: RunDir, other: RunDir) -> float:
    return max(abs(a["val_loss"] - b["val_loss"]) for a, b in zip(one.finished_rows(), other.finished_rows(), strict=True))


def stopped(spec: RunSpec, store: Path) -> tuple[RunDir, int]:
    """Start the run and stop it after its first checkpoint: (where it lies, steps done)."""
    place, process = RunDir(store / spec.run_id), torchrun(spec, store, restarts=0)
    wait_for(lambda: newest(place) > 0, process, time.monotonic() + RUN_S)
    process.terminate()
    process.wait(RUN_S)
    return place, newest(place)


def resume(old: RunDir, spec: RunSpec, store: Path) -> RunDir:
    checkpoint.adopt(old, RunDir(store / spec.run_id), spec)
    return train(spec, store)


def tree(spec: RunSpec, store: Path) -> dict[str, str]:
    spec = replace(spec, reduction="tree", batch_size=32, budgets=(2048 * LONG // 2, 2048 * LONG))
    found = {f"W = {w}": train(replace(spec, world_size=w), store) for w in (1, 2, 4)}
    old, steps = stopped(corpus.pin(replace(spec, world_size=4)), store / "cut")
    found[f"4, stopped at step {steps}, then 2"] = resume(old, corpus.pin(replace(spec, world_size=2)), store / "cut")
    return {what: place.status()["weights_sha256"] for what, place in found.items()}
