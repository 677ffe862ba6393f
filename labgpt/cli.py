"""`labgpt VERB`: each verb a thin call into a room. `labgpt --help` lists them, `labgpt VERB --help` every field."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import tyro
from tyro.conf import Positional

from labgpt.bench import bench


def curves(minutes: float = 10, out: Path = Path("runs/curves"), store: Path = Path("runs/store")) -> None:
    """The main job: train a grid, fit the laws, seal a forecast and test it, measure world sizes, write the report.

    Args:
        minutes: about how long it may take on two cores.
        out: where runs.csv, summary.json, figures and report.html go.
        store: where runs are kept; a finished run is not trained again.
    """
    from labgpt.studies import curves as study
    from labgpt.studies.sentences import sentences

    summary = study.curves(minutes, out, store)
    print("\n".join(sentences(summary)))
    print(f"{summary['points']} points in {summary['seconds']:.0f} s; report: {out / 'report.html'}")


def train(
    d_model: int = 32,
    corpus: str = "zipf-markov",
    tokens: int = 1 << 20,
    seed: int = 0,
    batch_size: int | None = None,
    seq_len: int | None = None,
    world_size: int = 1,
    reduction: Literal["ring", "tree"] = "ring",
    store: Path = Path("runs/store"),
    save_spec: Path | None = None,
) -> None:
    """Train one model.

    Args:
        d_model: width; depth, heads and learning rates follow from it.
        corpus: zipf-markov, pysource, or file:PATH for a text of yours.
        tokens: training budget.
        seed: of weights and data order.
        batch_size: sequences a step, over all processes.
        seq_len: context, in tokens.
        world_size: processes; above 1 torchrun starts them.
        reduction: tree gives the same bits at any world size, ring is faster.
        store: where the run is kept.
        save_spec: write the RunSpec there and train nothing (for `torchrun … -m labgpt.train SPEC.json`).
    """
    from labgpt import sweep
    from labgpt.corpus import pin
    from labgpt.record import write_atomic
    from labgpt.spec import derive

    changes = {k: v for k, v in {"batch_size": batch_size, "seq_len": seq_len}.items() if v is not None}
    spec = pin(derive(d_model, corpus, (tokens,), seed, world_size=world_size, reduction=reduction, **changes))
    if save_spec is not None:
        write_atomic(save_spec, spec.to_json())
        print(f"wrote {save_spec}")
        return
    if world_size == 1:
        sweep.run([spec], store)
    else:
        sweep.launch(spec, store)
    row = sweep.table(store, [spec.run_id]).iloc[-1]
    floor = "" if row["bayes_loss"] != row["bayes_loss"] else f", entropy {row['bayes_loss']:.4f}"
    print(f"N {row['n_matmul']:,}  D {row['tokens']:,}  val_loss {row['val_loss']:.4f} nats/token{floor}  {row['seconds']:.1f} s  "
          f"{Path(store) / spec.run_id}")  # fmt: skip


def sample(
    run: Positional[Path],
    prompt: str = "def ",
    n: int = 200,
    temperature: float = 0.8,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
) -> None:
    """Write text with a trained model.

    Args:
        run: a run's directory.
        prompt: where it starts.
        n: tokens to write.
        temperature: 0 always takes the likeliest.
        top_k: draw from the k likeliest alone.
        top_p: draw from the fewest tokens whose probabilities add up to this.
        seed: of the draw.
    """
    from labgpt.model import stream
    from labgpt.tokens import tokenizer
    from labgpt.train import load_model

    model, spec = load_model(run)
    tok = tokenizer(spec.science.data.tokenizer, spec.science.data.corpus)
    ids = [0] if tok.name == "symbols" else [int(i) for i in tok.encode(prompt)]
    print(prompt * (tok.name != "symbols"), end="", flush=True)
    for piece in tok.pieces(row[0] for row in stream(model, [ids], n, temperature, top_k, top_p, [seed])):
        print(piece, end="", flush=True)
    print()


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


def fit(
    table: Positional[Path],
    form: Literal["chinchilla", "size", "tokens"] = "chinchilla",
    n: str = "n_matmul",
    d: str = "tokens",
    loss: str = "val_loss",
    cluster: str = "branch",
    corpus: str | None = None,
    delta: float = 1e-3,
    bootstrap: int = 200,
    json: Path | None = None,
) -> None:
    """Fit a law to a table of runs, ours or anybody's CSV.

    Args:
        table: a CSV with one row per run.
        form: chinchilla is E + A/N^alpha + B/D^beta; size is L(N) and tokens is L(D), each E + A/x^alpha.
        n: column of parameters.
        d: column of tokens.
        loss: column of losses, nats a token.
        cluster: column that says which rows share a trunk; rows are redrawn one by one where it is missing.
        corpus: keep that corpus' rows only.
        delta: Huber threshold on log residuals.
        bootstrap: resamples behind the 95 % ranges.
        json: write the fit there too.
    """
    import json as codec

    import pandas as pd

    from labgpt.laws import Chinchilla, PowerLaw
    from labgpt.record import write_atomic

    try:
        rows = pd.read_csv(table)
    except (OSError, ValueError) as error:
        raise ValueError(f"table = {str(table)!r}: {error}; allowed is a CSV file with columns {n}, {d}, {loss}") from None
    if corpus is not None:
        rows = rows[rows["corpus"] == corpus]
    elif "corpus" in rows and rows["corpus"].nunique() > 1:
        raise ValueError(f"corpus = None: the table mixes {', '.join(sorted(rows['corpus'].unique()))}; choose one with --corpus")
    group = cluster if cluster in rows else None
    if form == "chinchilla":
        law = Chinchilla().fit(rows, n, d, loss, group, bootstrap, delta)
    else:
        x = n if form == "size" else d
        law = PowerLaw().fit(rows[x], rows[loss], rows[group] if group else None, bootstrap, delta)
    for name, value in law.to_dict().items():
        print(f"{name:>6}  {value['value']:.6g}   95 % {value['low']:.4g} … {value['high']:.4g}")
    print(f"{law.n_points_} points, rms of log residuals {law.rms_:.4f}")
    for warning in law.warnings_:
        print(f"note: {warning}")
    if json is not None:
        write_atomic(
            json,
            codec.dumps({"form": form, "params": law.to_dict(), "rows_used": law.n_points_, "warnings": law.warnings_}, indent=1)
            + "\n",
        )


def grade(paths: Positional[list[Path]], json: Path | None = None) -> None:
    """Grade answered exercise notebooks.

    Args:
        paths: notebooks.
        json: write the reports there too.
    """
    import json as codec

    from labgpt.course.grade import grade as graded
    from labgpt.record import write_atomic

    reports = []
    for path in paths:
        report = graded(path)
        reports.append(report)
        print(f"{path}: {report['points']} of {report['max_points']} points")
        for q in report["questions"]:
            print(f"  {q['id']}: {q['points']}/{q['max_points']}  {q['reason']}")
    if json is not None:
        write_atomic(json, codec.dumps(reports if len(reports) > 1 else reports[0], indent=1) + "\n")


def exercise(action: Positional[Literal["build", "list"]], name: Positional[str | None] = None) -> None:
    """Build student notebooks from the exercises' sources, or list them.

    Args:
        action: build or list.
        name: one exercise; all of them when left out.
    """
    from labgpt.course import exercises

    for found in exercises.names() if name is None else [name]:
        print(exercises.build(found) if action == "build" else found)


def start(dest: Path = Path("my"), fresh: str | None = None) -> None:
    """Fill a folder with cleared copies of the notebooks and exercises; what you edited is kept.

    Args:
        dest: the folder.
        fresh: a notebook to begin again (your version is kept beside it).
    """
    from labgpt.course.start import start as fill

    fill(dest, fresh)


def lab(dest: Path = Path("my")) -> None:
    """`start`, then JupyterLab on the first lesson.

    Args:
        dest: the folder of your copies.
    """
    import subprocess

    start(dest)
    sys.exit(subprocess.run([sys.executable, "-m", "jupyterlab", str(dest / "00_first_curve.ipynb")]).returncode)


def doctor() -> None:
    """Check this environment; the output is made to be pasted into a report."""
    from labgpt.course.doctor import doctor as check

    sys.exit(0 if check() else 1)


def test(slow: bool = False) -> None:
    """Lint, import contracts, tests, notebooks.

    Args:
        slow: the long evidence too.
    """
    from labgpt.bench import selftest

    sys.exit(selftest.run(slow))


def reference(lesson: Positional[str | None] = None, store: Path = Path("runs/store")) -> None:
    """Train a lesson's reference runs again and write data/reference (for those who keep the course).

    Args:
        lesson: such as 01_model_size; all when left out.
        store: where runs are kept.
    """
    from labgpt.studies import lessons

    for name in [lesson] if lesson else lessons.LESSONS:
        print(lessons.make_reference(name, store))


VERBS = (curves, train, sample, runs, fit, grade, exercise, start, lab, doctor, test, bench, reference)


def main(args: list[str] | None = None) -> int:
    """Run a verb. 0 done; 2 with one line for a slip; 130 when interrupted."""
    args = sys.argv[1:] if args is None else args
    try:
        if args[:1] == ["bench"]:
            from labgpt.bench.verbs import main as measure

            return measure(args[1:]) or 0
        tyro.extras.subcommand_cli_from_dict(
            {verb.__name__: verb for verb in VERBS},
            prog="labgpt",
            args=args,
            description="Learn and do language-model scaling on the machine at hand.",
        )
    except (ValueError, RuntimeError, TimeoutError, OSError) as error:
        print(f"labgpt: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nlabgpt: interrupted; what is finished is kept: give the same command again to go on", file=sys.stderr)
        return 130
    return 0
