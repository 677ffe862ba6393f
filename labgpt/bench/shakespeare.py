"""Time to a loss, beside nanoGPT's CPU recipe for tinyshakespeare characters (its README: val 1.88)."""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from labgpt import corpus, sweep
from labgpt.spec import RunSpec, derive

# nanoGPT's README, its CPU run; evaluation only before and after (see `peer`), a time printed for every iteration.
RECIPE = {
    "device": "cpu", "compile": False, "eval_iters": 20, "log_interval": 1, "block_size": 64,
    "batch_size": 12, "n_layer": 4, "n_head": 4, "n_embd": 128, "lr_decay_iters": 2000, "dropout": 0.0, "always_save_checkpoint": False,
}  # fmt: skip
ITERATIONS = 2000
# Ours, on two one-thread processes. Shape and rates were chosen on the last 5 % of the training split, never on validation.
STEPS, SHAPE = 200, {"n_layer": 2, "n_head": 2, "seq_len": 128, "batch_size": 16, "world_size": 2}
RATES = {"lr_matrix": 0.035, "lr_embed": 0.8, "lr_head": 0.1, "momentum": 0.9, "cooldown": 0.5, "warmup_steps": 10}
OTHERS = 0.15  # cores: where other processes take more, a pair is void


def ours(text: Path, store: Path) -> dict:
    """Train our model once; {seconds of optimisation, val_loss over the whole validation split, params, tokens}."""
    run = spec(text)
    sweep.launch(run, store)
    row = sweep.table(store, [run.run_id]).iloc[0]
    return {"s": float(row["seconds"]), "loss": float(row["val_loss"]), "params": int(row["n_total"]), "tokens": int(row["tokens"])}


def spec(text: Path) -> RunSpec:
    tokens = STEPS * SHAPE["seq_len"] * SHAPE["batch_size"]
    return corpus.pin(derive(64, f"file:{text}", (tokens,), val_tokens=1 << 30, **SHAPE, **RATES))


def peer(folder: Path, threads: int, iterations: int) -> dict:
    """Run nanoGPT's train.py; {seconds of its iterations, evaluation and start not counted, val_loss by its own estimate}."""
    ours_to_say = {"max_iters": iterations, "eval_interval": iterations, "out_dir": str(folder / "out")}
    options = [f"--{k}={v}" for k, v in (RECIPE | ours_to_say).items()]
    command = [sys.executable, "train.py", "config/train_shakespeare_char.py", *options]
    plain = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")} | {"OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, cwd=folder, env=plain, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f"peer = {str(folder)!r}: its train.py ended with {done.returncode}: {done.stderr.strip().splitlines()[-1]}")
    taken = [float(ms) / 1000 for ms in re.findall(r"^iter \d+: loss [\d.]+, time ([\d.]+)ms", done.stdout, re.M)][1:-1]  # both evaluate
    losses = re.findall(r"^step \d+: train loss [\d.]+, val loss ([\d.]+)", done.stdout, re.M)
    return {"s": sum(taken), "iterations": len(taken), "loss": float(losses[-1])}


def checkout(folder: Path, text: Path, into: Path) -> Path:
    """A copy of the peer with its data prepared from `text`. Raises ValueError where `folder` is no nanoGPT."""
    for name in ("train.py", "model.py", "configurator.py", "config/train_shakespeare_char.py", "data/shakespeare_char/prepare.py"):
        if not (folder / name).is_file():
            raise ValueError(f"peer = {str(folder)!r}: no {name}; allowed is a checkout of karpathy/nanoGPT")
    copy = into / "peer"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".git", "*.bin", "assets"))
    shutil.copy(text, copy / "data" / "shakespeare_char" / "input.txt")
    subprocess.run([sys.executable, "prepare.py"], cwd=copy / "data" / "shakespeare_char", check=True, capture_output=True)
    return copy


def shakespeare(folder: Path, text: Path | None = None, pairs: int = 3) -> dict:
    """Alternate ours and the peer; {ours_s, peer_s, ratio, ratio_cold, ours_val_loss, …}: medians, ratio = peer_s / ours_s.

    Nothing of ours is compiled, so a cold start is no slower than a warm one: ratio_cold is the first pair's.
    """
    text = folder / "data" / "shakespeare_char" / "input.txt" if text is None else text
    if not text.is_file():
        raise ValueError(f"text = {str(text)!r}: no such file; allowed is tinyshakespeare as text; try --text FILE")
    with tempfile.TemporaryDirectory() as place:
        theirs = checkout(folder, text, Path(place))
        trial = {threads: peer(theirs, threads, 60)["s"] for threads in (1, 2)}
        threads = min(trial, key=trial.get)
        runs, busy = [], []
        for number in range(pairs):
            for kind in ("ours", "peer"):
                began = load()
                run = ours(text, Path(place) / f"store{number}") if kind == "ours" else peer(theirs, threads, ITERATIONS)
                busy.append(others(began))
                runs.append(run)
    mine, their = runs[::2], runs[1::2]
    ratios = [b["s"] / a["s"] for a, b in zip(mine, their, strict=True)]
    middle = {key: [statistics.median(run[key] for run in kind) for kind in (mine, their)] for key in ("s", "loss")}
    return {
        "ours_s": middle["s"][0], "peer_s": middle["s"][1], "ratio": statistics.median(ratios), "ratio_cold": ratios[0],
        "ratios": ratios, "ours_val_loss": middle["loss"][0], "peer_val_loss": middle["loss"][1],
        "ours_params": mine[0]["params"], "tokens": mine[0]["tokens"], "ours_context": SHAPE["seq_len"],
        "peer_context": RECIPE["block_size"], "peer_threads": threads, "other_cores": max(busy), "void": max(busy) > OTHERS,
    }  # fmt: skip


def load() -> tuple[float, float, float]:
    """(clock, busy seconds of the machine, seconds of this process and its ended children)."""
    times, own = psutil.cpu_times(), os.times()
    return time.monotonic(), sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0), sum(own[:4])


def others(before: tuple[float, float, float]) -> float:
    """Cores that other processes kept busy since `before`."""
    clock, busy, own = (now - then for now, then in zip(load(), before, strict=True))
    return max(0.0, (busy - own) / clock)
