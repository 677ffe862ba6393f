"""Verbs for many runs: sweeps, their store, its report."""

import dataclasses
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from labgpt.record import write_atomic

from .runs import named


def sweep(
    action: Positional[Literal["plan", "run", "status", "resume"]],
    study: Positional[Path | None] = None,
    widths: tuple[int, ...] | None = None,
    budgets: tuple[int, ...] | None = None,
    flops: tuple[float, ...] | None = None,
    corpus: str | None = None,
    seeds: int | None = None,
    set: tuple[str, ...] = (),
    shard: str = "0/1",
    gpus: int = 0,
    per_gpu: int = 1,
    store: Path = Path("runs/store"),
    csv: Path | None = None,
    plan: bool = False,
) -> None:
    """Train a grid: every width on every seed, one run a core or a GPU. Give the same command again to go on.

    Args:
        action: plan says memory, hours and price, and trains nothing; run trains; status counts; resume trains what a store has
            begun and not finished.
        study: a TOML file with the fields below and a limit on what may be spent (labgpt/sweep/study.py shows one).
        widths: d_model of the models; 16 24 32 48 if nothing says otherwise.
        budgets: tokens, the same for all widths; 262144 if nothing says otherwise.
        flops: compute budgets instead: each width gets the tokens that they pay for (an IsoFLOP study).
        corpus: one of `labgpt corpus list`, or file:PATH.
        seeds: how many.
        set: any other field of the specs, as NAME=VALUE.
        shard: I/N trains only the I-th of N parts, counted from 0: one part a machine, or a job of a SLURM array.
        gpus: run on so many GPUs; 0 is the cores.
        per_gpu: runs a GPU at a time: a small model leaves most of one idle.
        store: where the runs are kept.
        csv: write their table there too, for `labgpt fit`.
        plan: the same as the action plan.
    """
    from labgpt import sweep as room
    from labgpt.sweep.store import specs as begun

    base = room.Study() if study is None else room.Study.read(study)
    given = {"widths": widths, "budgets": budgets, "flops": flops, "corpus": corpus, "seeds": seeds}
    fields = {name: value for name, value in given.items() if value is not None}
    changes = base.set | named(set) | ({"device": "cuda"} if gpus else {})
    found = dataclasses.replace(base, **fields, set=changes)
    own = study is None and not fields and not set
    if own and action in ("status", "resume"):
        specs = begun(store)
        if not specs:
            raise ValueError(f"store = {str(store)!r}: no run was begun there; try `labgpt runs --store DIR`, or name the study")
    else:
        specs = found.specs()
    specs, ledger = room.share(specs, shard) if shard != "0/1" else specs, found.ledger(store)
    if action == "status":
        print(_status(room.count(specs, store)))
        return
    if plan or action == "plan":
        print(room.plan(specs, gpus))
        if ledger is not None:
            price = sum(map(ledger.price, room.unfinished(specs, store)))
            print(f"what is not finished: about {price:.3g} {ledger.unit}; left of the limit: {ledger.left:.3g}")
        return
    if ledger is None:
        table, unpaid = room.run(specs, store, gpus=gpus, per_gpu=per_gpu), []
    else:
        table, unpaid = room.run_within(specs, ledger, store, gpus=gpus, per_gpu=per_gpu)
    print(table[["run_id", "n_matmul", "tokens", "flops", "val_loss", "seconds"]].to_string(index=False))
    if csv is not None:
        write_atomic(csv, table.to_csv(index=False))
    if unpaid:
        print(f"{len(unpaid)} of {len(specs)} runs not paid for: {ledger.left:.3g} {ledger.unit} left; raise the study's limit to go on")


def _status(found: dict) -> str:
    states = ", ".join(f"{number} {state}" for state, number in found.items() if not state.endswith("_s"))
    if not found["measured_s"]:
        return states
    off = found["predicted_s"] / found["measured_s"] - 1
    return f"{states}; wall seconds of those: predicted {found['predicted_s']:.0f}, measured {found['measured_s']:.0f} ({off:+.0%})"


def runs(store: Path = Path("runs/store")) -> None:
    """List the runs of a store.

    Args:
        store: where they are kept.
    """
    from labgpt.sweep import runs as listed

    found = listed(store)
    for run in found:
        done = f"{run['steps']}/{run['total_steps']} steps" if run["state"] != "done" else f"{run['total_steps']} steps"
        print(f"{run['run_id']}  {run['state']:<10}  {done}  {run['reason']}")
    print(f"{len(found)} runs in {store}")


def report(store: Positional[Path] = Path("runs/store"), out: Path = Path("runs/report.html")) -> None:
    """Draw a store: losses against size, tokens and compute, a law for each corpus that allows one, tables; one HTML file.

    Args:
        store: where the runs are kept.
        out: the file.
    """
    from labgpt.studies.store_report import write

    print(f"wrote {write(store, out)}")
