"""The main job: a grid on real text and one on a language of known entropy, their laws, a sealed forecast and its test,
and the same run on 1, 2 and 4 processes. `plan()` is pure; `curves()` carries it out, and goes on where it was stopped.
"""

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from labgpt import cost, machine, sweep
from labgpt.laws import Chinchilla, forecast
from labgpt.record import TABLE, RunDir, provenance, sha256, write_atomic, write_json
from labgpt.spec import RunSpec
from labgpt.sweep.pool import START_S, pool_s
from labgpt.train.loop import planned_tokens

from .curves_report import write_report
from .world import scaling, world_specs

TEXT_WIDTHS, KNOWN_WIDTHS, HELD_OUT_WIDTH = (16, 24, 32, 48, 64, 96), (16, 24, 32, 48, 64), 128
HELD_OUT_SEED = 1  # seed 0 was looked at while the forecast's filter was chosen
SEEDS = {16: 3, 24: 3, 32: 2, 48: 2}  # more than one at the smaller widths, for the noise between seeds
TOP_TEXT, TOP_KNOWN = 2_097_152, 1_572_864  # tokens of the largest budget of a ten-minute job; the others halve it four times
LAW_FROM = 8  # the laws keep budgets of at least top / 8: below, warm-up is a large part of a run. Fixed before training
# The forecast's fit keeps budgets of at least top / 4 and the four largest sizes, the runs that resemble the one it is about:
# L(N) bends where data run short. Chosen after a forecast of seed 0 from all sizes missed by 2.5 %, with its outcome in sight.
FORECAST_FROM, FORECAST_SIZES = 4, 4
STEP = 2048  # tokens; every budget is a whole number of steps


@dataclass(frozen=True)
class Plan:
    """Everything the job will train, decided before it starts."""

    text: list[RunSpec]
    known: list[RunSpec]
    held_out: RunSpec
    world: dict[str, RunSpec]

    def seconds(self, store: str | Path) -> tuple[float, float]:
        """Predicted wall seconds of (the grids, everything) that are not finished in the store, from this machine's calibration."""
        grids = sweep.unfinished(self.text + self.known, store)
        pool = pool_s(grids, min(machine.cores(), len(grids))) if grids else 0.0
        return pool, pool + sum(launch_s(spec) for spec in sweep.unfinished([self.held_out, *self.world.values()], store))


def launch_s(spec: RunSpec) -> float:
    """Predicted wall seconds of a run under torchrun; processes beyond the cores share them."""
    crowd = max(1.0, spec.execution.world_size / machine.cores())
    return 1.7 * START_S + crowd * machine.seconds(spec, planned_tokens(spec), machine.speed())


def budgets(top: int, minutes: float) -> tuple[int, ...]:
    """Five budgets, each half the next, the largest `top` scaled to the time given; whole steps."""
    steps = max(1, round(top * minutes / 10 / 16 / STEP))
    return tuple(steps * STEP * 2**k for k in range(5))


def plan(minutes: float = 10) -> Plan:
    """The grid for about `minutes` on two cores of the reference machine. A pure function: it never looks at a clock."""
    if not 0.5 <= minutes <= 10_000:
        raise ValueError(f"minutes = {minutes}: allowed is 0.5 … 10000; `make curves` is 10")
    text, known = budgets(TOP_TEXT, minutes), budgets(TOP_KNOWN, minutes)
    (*_, held_out) = sweep.grid([HELD_OUT_WIDTH], text[-1:], "pysource", seeds=HELD_OUT_SEED + 1, world_size=2)
    return Plan(
        text=sweep.grid(TEXT_WIDTHS, text, "pysource", SEEDS),
        known=sweep.grid(KNOWN_WIDTHS, known, "zipf-markov", SEEDS),
        held_out=held_out,
        world=world_specs(minutes),
    )


def curves(
    minutes: float = 10,
    out: str | Path = "runs/curves",
    store: str | Path = "runs/store",
    show: bool = True,
    job: Plan | None = None,
) -> dict:
    """Run the main job (plan(minutes), or a Plan of your own) into `out`; returns the summary that summary.json holds.

    What is finished is not trained twice. Raises ValueError where another process holds `out`, or a seal was edited.
    """
    began, out = time.time(), Path(out)
    out.mkdir(parents=True, exist_ok=True)
    lock, owner = FileLock(out / ".lock", timeout=0), out / ".owner"
    try:
        lock.acquire()
    except Timeout:
        raise ValueError(
            f"out = {str(out)!r}: held by {owner.read_text() if owner.exists() else 'another process'}; "
            "wait for it to end, or choose another --out"
        ) from None
    with lock:
        write_atomic(owner, f"process {os.getpid()} since {datetime.now(UTC):%H:%M:%S} UTC")
        job = job or plan(minutes)
        grids_s, predicted = job.seconds(store)
        bar = sweep.Progress(predicted, show)
        try:
            table = sweep.run(job.text + job.known, store, progress=bar)
            sealed = seal(job, table, out, store)
            places, done = {}, grids_s
            for name, spec in {"held-out": job.held_out, **job.world}.items():
                price = launch_s(spec) if sweep.unfinished([spec], store) else 0.0
                what = f"{name}, {spec.execution.world_size} processes"
                places[name] = sweep.launch(spec, store, lambda share, d=done, p=price, w=what: bar.at(d + share * p, w))
                done += price
        finally:
            bar.close()
        return write_results(job, table, places, sealed, out, store, began, predicted, bar.first_estimate_s)


def fit(table, corpus: str, share: int = LAW_FROM, sizes: int | None = None) -> Chinchilla:
    """L = E + A/N^alpha + B/D^beta through one corpus' budgets of at least top / share and its `sizes` largest sizes (None: all);
    N matmul weights, trunks redrawn."""
    rows = table[table["corpus"] == corpus]
    if sizes is not None:
        rows = rows[rows["n_matmul"] >= sorted(rows["n_matmul"].unique())[-sizes:][0]]
    return Chinchilla().fit(rows[rows["tokens"] >= rows["tokens"].max() // share])


def seal(job: Plan, table, out: Path, store) -> Path:
    """Predict the held-out model's loss and seal that, before it is trained; returns the seal's path."""
    spec, rows = job.held_out, table[table["corpus"] == "pysource"]
    law = fit(table, "pysource", FORECAST_FROM, FORECAST_SIZES)
    n, d = cost.parameters(spec.science.model).matmul, spec.science.schedule.budgets[-1]
    path = out / f"forecast-{spec.run_id}.json"
    status = RunDir(Path(store) / spec.run_id).status()
    if status and not path.exists():
        raise ValueError(
            f"{path}: missing, though its run {spec.run_id} was already started; a forecast made now would not be one: "
            f"delete {Path(store) / spec.run_id} to seal and train again"
        )
    about = {
        "what": "val_loss of the held-out model, nats a token",
        "n_matmul": n,
        "tokens": d,
        "form": "E + A/N^alpha + B/D^beta",
        "fit_from_tokens": d // FORECAST_FROM,
        "fit_sizes": FORECAST_SIZES,
        "spec": spec.to_json(),
        "data_sha256": sha256(rows[list(TABLE)].to_csv(index=False)),
    }
    forecast.seal(path, forecast.of(law, n, d) | about)
    return path


def summarise_fit(law: Chinchilla, table, corpus: str) -> dict:
    found = law.to_dict()
    rows = table[table["corpus"] == corpus]
    if rows["bayes_loss"].notna().all():
        true_e = float(rows["bayes_loss"].iloc[0])
        excess = float((rows["val_loss"] - rows["bayes_loss"]).min())
        found |= {
            "true_E": true_e,
            "smallest_excess": excess,
            "E_error": law.E_ - true_e,
            "E_range_covers_truth": bool(found["E"]["low"] <= true_e <= found["E"]["high"]),
        }
    from_tokens = int(rows["tokens"].max()) // LAW_FROM
    return found | {
        "fit_from_tokens": from_tokens,
        "a": law.a_,
        "rms_log_residual": law.rms_,
        "points": law.n_points_,
        "warnings": law.warnings_,
    }


def write_results(
    job: Plan,
    table,
    places: dict,
    sealed: Path,
    out: Path,
    store,
    began: float,
    predicted_s: float,
    estimate_s: float | None,
) -> dict:
    """runs.csv, timings.csv, summary.json, the figures and the report: functions of the finished runs alone."""
    import pandas as pd

    held = sweep.table(store, [job.held_out.run_id])
    trained_at = RunDir(Path(store) / job.held_out.run_id).status()["started_at"]
    score = forecast.score(sealed, float(held["val_loss"].iloc[0]))
    sealed_forecast = forecast.read(sealed)
    if datetime.fromisoformat(sealed_forecast["sealed_at"]).timestamp() > trained_at + 1:
        raise ValueError(
            f"{sealed}: sealed after its run was started; delete {Path(store) / job.held_out.run_id} and the seal to do it again"
        )
    started = datetime.fromtimestamp(trained_at, UTC).isoformat(timespec="seconds")
    laws = {name: fit(table, name) for name in ("pysource", "zipf-markov")}
    everything = pd.concat([table, held], ignore_index=True)
    write_atomic(out / "runs.csv", everything[list(TABLE)].to_csv(index=False))
    write_atomic(out / "timings.csv", everything[["run_id", "tokens", "seconds", "tokens_per_s"]].to_csv(index=False))
    summary = {
        "seconds": round(time.time() - began, 1),
        "predicted_seconds": round(predicted_s, 1),
        "estimate_after_30_s": None if estimate_s is None else round(estimate_s, 1),
        "points": len(everything),
        "fits": {name: summarise_fit(law, table, name) for name, law in laws.items()},
        "forecast": score | {"trained_at": started, "fit_from_tokens": sealed_forecast["fit_from_tokens"]},
        "world": scaling(places),
        "environment": provenance() | {"speed": round(machine.speed(), 2)},
    }
    write_report(summary, everything, held, laws, sealed_forecast, out)
    write_json(out / "summary.json", summary)
    return summary
