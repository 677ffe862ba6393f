"""Verbs that fit a law to anybody's table, seal what it forecasts, and score that."""

from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from labgpt import cost
from labgpt.record import sha256, write_json
from labgpt.spec import RunSpec

Form = Literal["chinchilla", "tied", "kaplan", "size", "tokens", "compute", "repeated", "overfit", "isoflop"]
Estimator = Literal["huber", "lad", "ols", "varpro"]
NEEDS = {"size": ("n", "loss"), "tokens": ("d", "loss"), "compute": ("c", "loss"), "isoflop": ("n", "c", "d", "loss")}


def fit(
    table: Positional[Path], form: Form = "chinchilla", n: str | None = None, d: str | None = None, c: str | None = None,
    loss: str | None = None, estimator: Estimator = "huber", delta: float = 1e-3, bootstrap: int = 200, cluster: str | None = None,
    keep: str | None = None, corpus: str | None = None, floor: bool = True, unique: str = "unique_tokens",
    method: Literal["argmin", "parabola", "akima", "parametric"] = "parametric", window: int | None = None,
    json: Path | None = None, png: Path | None = None,
) -> None:  # fmt: skip
    """Fit a law to a table of runs, ours or anybody's, with its ranges and what can't be trusted in it.

    Args:
        table: a CSV file with one row per run, or a JSON list of records.
        form: chinchilla is E + A/N^alpha + B/D^beta (tied: one exponent), kaplan the form of 2020; size, tokens and compute are
            E + A/x^alpha; repeated and overfit add repeated tokens to a chinchilla law; isoflop is the best N at each C.
        n: column of parameters; found by its name when left out, like the next three.
        d: column of tokens; C / (6 N) where there is none.
        c: column of training FLOPs.
        loss: column of losses, nats a token.
        estimator: huber, lad (least absolute deviation), ols (least squares on logarithms), varpro (on the loss itself).
        delta: Huber threshold on log residuals.
        bootstrap: resamples behind the 95 % ranges, 0 for none.
        cluster: column that says which rows share a trunk; `branch` where there is one, else rows are redrawn one by one.
        keep: only rows for which this holds, such as "loss < 3.2 and tokens >= 1e6".
        corpus: keep that corpus' rows only.
        floor: whether size, tokens and compute have an E (--no-floor: a straight line in logarithms).
        unique: column of different tokens, for repeated and overfit.
        method: of isoflop.
        window: sizes around the best that the parabola takes; all when left out.
        json: write the fit there too.
        png: draw it there.
    """
    rows, roles, said = _read(table, NEEDS.get(form, ("n", "d", "loss")), keep, corpus, n=n, d=d, c=c, loss=loss)
    if form == "isoflop":
        found, shown = _isoflop(rows, roles, method, window, said)
    else:
        law = _law(rows, roles, form, estimator, delta, bootstrap, cluster, floor, unique)
        found, shown = _found(law, form, said + law.warnings_ + law.doubts()), law
        print(f"{law.n_points_} points, {estimator}, sum {law.objective_:.6g}, rms of log residuals {law.rms_:.4f}")
    for warning in found["warnings"]:
        print(f"note: {warning}")
    if json is not None:
        write_json(json, found)
    if png is not None:
        from labgpt import figures

        figures.save(figures.isoflop(*shown) if form == "isoflop" else figures.law(shown), png)


def _read(table: Path, needs, keep, corpus, **named):
    from labgpt.laws import read

    rows = read.frame(table)
    roles = read.columns(rows, **named)
    rows = read.choose(rows, keep, roles)
    if corpus is not None:
        rows = rows[rows["corpus"] == corpus] if "corpus" in rows else rows[:0]
        if not len(rows):
            raise ValueError(f"corpus = {corpus!r}: no row of the table has it; leave --corpus away, or name another")
    elif "corpus" in rows and rows["corpus"].nunique() > 1:
        names = ", ".join(sorted(map(str, rows["corpus"].unique())))
        raise ValueError(f"corpus = None: the table mixes {names}; choose one with --corpus")
    return read.prepare(rows, roles, needs)


def _law(rows, roles, form, estimator, delta, bootstrap, cluster, floor, unique):
    from labgpt import laws
    from labgpt.laws import table as tables

    group = cluster or ("branch" if "branch" in rows else None)
    axes = {"n": roles["n"], "d": roles["d"], "loss": roles["loss"], "cluster": group, "bootstrap": bootstrap, "delta": delta}
    if form in ("chinchilla", "tied"):
        return laws.Chinchilla(estimator, tied=form == "tied").fit(rows, **axes)
    if form == "kaplan":
        return laws.Kaplan(estimator).fit(rows, **axes)
    if form in ("repeated", "overfit"):
        once = rows[tables.column(rows, roles["d"]) <= 1.001 * tables.column(rows, unique)]
        base = laws.Chinchilla(estimator).fit(once, **axes | {"bootstrap": 0})
        return laws.Repeated(base, "decay" if form == "repeated" else "additive", estimator).fit(rows, unique=unique, **axes)
    x = roles[{"size": "n", "tokens": "d", "compute": "c"}[form]]
    groups = tables.values(rows, group) if group else None
    xy = tables.column(rows, x), tables.column(rows, roles["loss"])
    return laws.PowerLaw(floor, estimator).fit(*xy, groups, bootstrap, delta, name=x)


def _found(law, form: str, warnings: list[str]) -> dict:
    """What `--json` holds; prints the parameters."""
    values = law.params | ({"a": law.a_} if hasattr(law, "a_") else {})
    ranges = {name: list(law.interval(name)) for name in values} if len(law.draws_) else {}
    for name, value in values.items():
        print(f"{name:>8}  {value:.6g}" + (f"   95 % {ranges[name][0]:.4g} … {ranges[name][1]:.4g}" if ranges else ""))
    return {"form": form, "estimator": law.estimator, "rows_used": law.n_points_, "params": law.params, "objective": law.objective_,
            "rms": law.rms_, "intervals": ranges, "a": values.get("a"), "warnings": warnings}  # fmt: skip


def _isoflop(rows, roles, method: str, window: int | None, said: list[str]):
    from labgpt.laws import isoflop

    found = isoflop(rows, roles["n"], roles["c"], roles["loss"], roles["d"], window)
    if method not in found.fits:
        raise ValueError(f"method = {method!r}: it has no minimum at two budgets; train more sizes a budget, or take another method")
    (coefficient, exponent), said = found.fits[method], said + found.warnings_
    try:
        ranges = found.interval(method)
    except ValueError as few:
        ranges, said = {}, [*said, str(few)]
    for name, (k, p) in found.fits.items():
        print(f"{name:>10}  N_opt = {k:.4g} C^{p:.4f}" + ("   <- asked for" if name == method else ""))
    for m in found.minima:
        print(f"   C {m.C:.3g}: {m.points} sizes, N_opt {getattr(m, method):.4g}, lowest loss {m.loss:.4f}")
    at = {f"{m.C:.6g}": getattr(m, method) for m in found.minima}
    told = {"form": "isoflop", "method": method, "rows_used": len(rows), "coefficient": coefficient, "exponent": exponent,
            "intervals": ranges, "at": at, "methods": found.fits, "warnings": said}  # fmt: skip
    names = {roles["n"]: "n_matmul", roles["c"]: "flops", roles["d"]: "tokens", roles["loss"]: "val_loss"}
    return told, (rows.rename(columns=names), found.law)


def forecast(
    action: Positional[Literal["seal", "score"]], path: Positional[Path], table: Path | None = None, at_n: float | None = None,
    at_d: float | None = None, spec: Path | None = None, n: str | None = None, d: str | None = None, loss: str | None = None,
    estimator: Estimator = "huber", cluster: str | None = None, keep: str | None = None, corpus: str | None = None,
    measured: float | None = None,
) -> None:  # fmt: skip
    """Seal what a law forecasts before the run that judges it, then score it. An edited seal is refused.

    Args:
        action: seal writes PATH (needs --table, and --at-n with --at-d, or --spec); score reads it (needs --measured).
        path: the seal.
        table: the runs the law is fitted to.
        at_n: parameters of the run to come, counted as the table's are.
        at_d: its tokens.
        spec: its RunSpec as JSON, which says both, and is sealed too.
        n: column of parameters.
        d: column of tokens.
        loss: column of losses.
        estimator: huber, lad, ols or varpro.
        cluster: column that says which rows share a trunk.
        keep: only rows for which this holds.
        corpus: keep that corpus' rows only.
        measured: the loss of the finished run.
    """
    from labgpt.laws import forecast as seals

    if action == "score":
        if measured is None:
            raise ValueError("measured = None: score needs the loss of the finished run; give --measured")
        got = seals.score(path, measured)
        where = f"{'inside' if got['inside'] else 'OUTSIDE'} the {100 * got['level']:.0f} % range"
        print(f"forecast {got['predicted']:.4f} ({got['low']:.4f}–{got['high']:.4f}), measured {measured:.4f}: off by "
              f"{100 * got['relative_error']:+.2f} %, {where}; interval score {got['interval_score']:.4f}")  # fmt: skip
        return
    if table is None or (spec is None and (at_n is None or at_d is None)):
        raise ValueError(f"table = {table}, at_n = {at_n}, at_d = {at_d}: seal needs --table and the run: --at-n with --at-d, or --spec")
    rows, roles, said = _read(table, ("n", "d", "loss"), keep, corpus, n=n, d=d, c=None, loss=loss)
    text = None
    if spec is not None:
        run = RunSpec.read(spec)
        text, counted = run.to_json(), cost.parameters(run.science.model)
        at_n = {"n_total": counted.total, "n_nonemb": counted.nonembedding}.get(roles["n"], counted.matmul)
        at_d = run.science.schedule.budgets[-1]
    law = _law(rows, roles, "chinchilla", estimator, 1e-3, 200, cluster, True, "")
    sealed = seals.seal(path, seals.of(law, at_n, at_d) | {
        "what": f"{roles['loss']} of a run with {roles['n']} = {at_n:g} and {roles['d']} = {at_d:g}", "n": at_n, "d": at_d,
        "form": "E + A/N^alpha + B/D^beta", "estimator": estimator, "keep": keep, "rows": law.n_points_,
        "warnings": said + law.warnings_, "spec": text, "data_sha256": sha256(rows.to_csv(index=False)),
    })  # fmt: skip
    print(f"{sealed['predicted']:.4f} ({sealed['low']:.4f}–{sealed['high']:.4f}), sealed {sealed['sealed_at']} in {path}")
