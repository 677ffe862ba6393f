"""The forecast ladder: fit runs of at most `top` training FLOPs, forecast ones of 3, 10 and 30 times as many, and only then train them.

`python -m labgpt.studies.ladder seal STORE CLIMB…` trains what the fits need and seals the forecasts in data/reference/08_ladder; commit
them; `python -m labgpt.studies.ladder score STORE CLIMB…` trains the forecast runs and writes data/reference/08_ladder_score.json.
"""

import json
import sys
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from labgpt import corpus, cost, machine, sweep
from labgpt.laws import Chinchilla, forecast
from labgpt.record import TABLE, provenance, sha256, write_json
from labgpt.spec import RunSpec, derive
from labgpt.spec.run import need

from . import reference


@dataclass(frozen=True)
class Climb:
    """What a law is fitted to, and the rungs it is tried on: multiples of `top`.

    known: the law is told the language's entropy, and fitted to what lies above it. after: an earlier climb on the same text, whose
    runs it may keep too. fewest, sizes: which rows a law may keep, each tried: those of so many tokens, of the so many largest sizes.
    shape: what every run has, whatever its width. tokens: the fewest and the most of a fit's run (a tiny one is all warm-up); most: of
    a rung's, 0: what the corpus holds. table: where the fit's runs are recorded; each kind of machine makes its own.
    """

    corpus: str
    top: float  # FLOPs of a fit's dearest runs
    widths: tuple[int, ...] = (16, 24, 32, 48, 64, 96, 128)
    rungs: tuple[int, ...] = (3, 10, 30)
    seeds: int = 1
    fewest: tuple[int, ...] = (100_000, 200_000, 400_000)
    sizes: tuple[int, ...] = (6, 5, 4)
    known: bool = False
    after: str = ""
    shape: dict[str, object] = field(default_factory=dict)
    tokens: tuple[int, int] = (100_000, 9_600_000)  # pysource holds ten million
    most: int = 0
    table: str = "08_ladder"


GPU = {"n_layer": 6, "batch_size": 128, "val_tokens": 1 << 20, "device": "cuda", "precision": "bfloat16", "compile": False}
CLIMBS = {
    "zipf-markov": Climb("zipf-markov", 1.5e12, seeds=2),
    "pysource": Climb("pysource", 6.5e12, rungs=(3, 10)),  # below 2e12 text's losses still fall too steeply for any form to see them bend
    # Again, after what the first taught: short runs bend a law, and a floor that is fitted too low drags every forecast down.
    "tales": Climb("tales:millions=16", 1.5e12, (16, 24, 32, 40, 48, 56, 64, 80, 96), known=True, sizes=(9, 7, 5)),
    "pysource-again": Climb("pysource", 6.5e12, (40, 48, 56, 64, 80, 96, 112), (10, 30), seeds=2, after="pysource",
                            fewest=(250_000, 500_000, 1_000_000), sizes=(10, 8, 6)),
    # And again, with one depth: those before grew from two layers to four in the fit, and had five on the rungs that they missed.
    "pysource-four-layers": Climb("pysource", 6.5e12, (32, 64, 80, 96, 112, 128), (10, 30), seeds=2, after="pysource",
                                  fewest=(250_000, 500_000, 1_000_000), sizes=(6, 5, 4), shape={"n_layer": 4}),
    # And on a GPU, from where models copy what they have just read (labgpt.studies.copying): none of those above were fitted there.
    "packages": Climb("pysource:packages=1", 4e14, (64, 96, 128, 160, 192), (10, 30), seeds=2,
                      fewest=(4_000_000, 8_000_000, 16_000_000), sizes=(7, 6, 5, 4), shape=GPU, tokens=(4_000_000, 64_000_000),
                      most=96_000_000, table="08_ladder_gpu"),
    # The same rungs from nine sizes: the law above is asked for models eight times as large as any that it was fitted to.
    "packages-wider": Climb("pysource:packages=1", 4e14, (224, 256, 288, 320), (10, 30), seeds=2, after="packages",
                            fewest=(4_000_000, 8_000_000, 12_000_000), sizes=(9, 8, 7, 6), shape=GPU, tokens=(2_000_000, 64_000_000),
                            most=96_000_000, table="08_ladder_gpu"),
}  # fmt: skip
TARGET_WIDTHS = (*range(48, 257, 16), *range(288, 641, 32))
SEALS, SCORES = reference.FOLDER / "08_ladder", reference.FOLDER / "08_ladder_score.json"


def chosen(names: tuple[str, ...]) -> tuple[str, ...]:
    """The climbs' names. ValueError where there is none, or one that is not a climb's."""
    for name in names or ("",):
        need(name in CLIMBS, "climb", name, f"one of {', '.join(CLIMBS)}")
    return names


def per_token(d_model: int, climb: Climb) -> float:
    """Training FLOPs a token of a width's model."""
    return cost.flops(derive(d_model, climb.corpus, **climb.shape).science.model).train


def base(climb: Climb) -> list[RunSpec]:
    """A trunk a width and seed, its budgets top, top/2, top/4 … FLOPs, as far as these pay for as many tokens as it may have."""
    flops, (fewest, most) = [climb.top / 2**k for k in range(10)], climb.tokens
    affordable = {w: [c for c in flops if fewest <= c / per_token(w, climb) <= most] for w in climb.widths}
    paid = {w: some for w, some in affordable.items() if len(some) > 2}
    return [spec for w, some in paid.items() for spec in sweep.isoflop([w], some, climb.corpus, climb.seeds, **climb.shape)]


def study(table: str = "08_ladder") -> dict[str, list[RunSpec]]:
    """The runs of the fits that a recorded table holds."""
    return {name: base(climb) for name, climb in CLIMBS.items() if climb.table == table}


def rows_of(table, name: str):
    """The rows of the recorded table that a climb's law may keep."""
    rows = table[table["group"].isin([name, CLIMBS[name].after])].drop_duplicates(["run_id", "tokens"])
    return rows[rows["n_layer"] == CLIMBS[name].shape.get("n_layer", rows["n_layer"])]


def keep(rows, rule: tuple[int, int]):
    """The rows with at least so many tokens and of the so many largest sizes."""
    fewest, sizes = rule
    return rows[(rows["tokens"] >= fewest) & (rows["n_matmul"] >= sorted(rows["n_matmul"].unique())[-sizes:][0])]


def fitted(rows, known: bool, bootstrap: int = 200) -> tuple[Chinchilla, float]:
    """(law, floor): the loss is floor + law. The floor is the entropy where it is known, else 0: E is the law's own."""
    floor = float(rows["bayes_loss"].min()) if known else 0.0
    return Chinchilla(offset=not known).fit(rows.assign(above=rows["val_loss"] - floor), loss="above", bootstrap=bootstrap), floor


def backtest(table, name: str, rule: tuple[int, int]) -> float:
    """The root mean square of the relative errors, of what is fitted, at the `judges`; infinite where a fit has too few rows."""
    rows, (n, d, loss) = judges(table, name)
    try:
        law, floor = fitted(keep(rows, rule), CLIMBS[name].known, 0)
    except ValueError:
        return np.inf
    return float(np.sqrt(np.mean((law.predict(n, d) / (loss - floor) - 1) ** 2)))


def judges(table, name: str):
    """(rows a law may be fitted to, N, D and loss (3, n) of dearer runs that are known), for a rule to be chosen by.

    These are what an earlier climb measured below this one's rungs. Without any, the three best runs of `top`, for laws of what
    top/4 pays for.
    """
    climb, rows = CLIMBS[name], rows_of(table, name)
    scores = json.loads(SCORES.read_text())["scores"].values()
    some = [s for s in scores if s["climb"] == climb.after and s["rung"] < climb.rungs[0]]
    if some:
        return rows, np.array([[s["n_matmul"], s["tokens"], s["measured"]] for s in some], float).T
    dear = rows[rows["flops"] > 0.7 * climb.top].groupby("n_matmul", as_index=False)[["tokens", "val_loss"]].mean().nsmallest(3, "val_loss")
    return rows[rows["flops"] < 1.4 * climb.top / 4], dear[["n_matmul", "tokens", "val_loss"]].to_numpy(float).T


def best(tried: dict[tuple[int, int], float], rows) -> tuple[int, int]:
    """Of the rules whose error is within a tenth of the least, the one that keeps the most rows."""
    least = min(tried.values())
    return max((rule for rule, error in tried.items() if error <= 1.1 * least), key=lambda rule: len(keep(rows, rule)))


def target(law: Chinchilla, climb: Climb, rung: int) -> RunSpec:
    """The width for which `law` promises the lowest loss at rung x top FLOPs, never reading a token twice."""
    name, flops = climb.corpus, rung * climb.top
    most = climb.most or len(corpus.load(name).train) - 1_000

    def promise(w: int) -> float:
        tokens, model = flops / per_token(w, climb), derive(w, name, **climb.shape).science.model
        return np.inf if tokens > most else law.predict(cost.parameters(model).matmul, tokens)

    return sweep.isoflop([min(TARGET_WIDTHS, key=promise)], [flops], name, **climb.shape)[0]


def seal(store: str, *names: str) -> None:
    """Train the runs of the climbs' fits, choose each one's rule by its backtest, seal its forecasts. A seal is never made anew."""
    import pandas as pd

    for name in chosen(names):
        climb = CLIMBS[name]
        table = pd.read_csv(reference.make(climb.table, study(climb.table), store, machine.cores()))
        rows = rows_of(table, name)
        tried = {rule: backtest(table, name, rule) for rule in product(climb.fewest, climb.sizes)}
        rule = best(tried, rows)
        law, floor = fitted(keep(rows, rule), climb.known)
        for rung in climb.rungs:
            spec = target(law, climb, rung)
            n, d = cost.parameters(spec.science.model).matmul, spec.science.schedule.budgets[-1]
            says = forecast.of(law, n, d)
            says |= {end: floor + float(says[end]) for end in ("predicted", "low", "high")}
            told = {"what": f"val_loss of a run on {climb.corpus} of {rung} times the fit's compute, nats a token", "rung": rung,
                    "corpus": climb.corpus, "climb": name, "n_matmul": n, "tokens": d,
                    "flops": cost.training_flops(spec.science.model, d), "floor": floor, "fewest_tokens": rule[0],
                    "largest_sizes": rule[1], "rows": law.n_points_, "backtest": tried[rule], "spec": spec.to_json(),
                    "data_sha256": sha256(rows[list(TABLE)].to_csv(index=False))}  # fmt: skip
            forecast.seal(SEALS / f"{name}-{rung}x.json", told | says)
            print(f"{name} {rung:>2}x: N {n:,}, D {d:,}: {says['predicted']:.4f} ({says['low']:.4f}–{says['high']:.4f}); "
                  f"kept {rule}, backtest {tried[rule]:.2%}")  # fmt: skip


def score(store: str, *names: str) -> None:
    """Train the climbs' forecast runs and hold each against its seal; an error of the excess where the entropy is known."""
    import pandas as pd

    scores = json.loads(SCORES.read_text())["scores"]
    seals = {seal.stem: forecast.read(seal) for name in chosen(names) for seal in SEALS.glob(f"{name}-[0-9]*x.json")}
    table = sweep.run([RunSpec.from_json(sealed["spec"]) for sealed in seals.values()], store, per_gpu=machine.cores())
    for stem, sealed in sorted(seals.items(), key=lambda item: item[1]["flops"]):
        row = table[table["run_id"] == corpus.pin(RunSpec.from_json(sealed["spec"])).run_id].iloc[-1]
        loss, bayes = float(row["val_loss"]), row["bayes_loss"]
        known = {} if pd.isna(bayes) else {"excess_error": (sealed["predicted"] - loss) / (loss - float(bayes)), "bayes_loss": float(bayes)}
        got = forecast.score(SEALS / f"{stem}.json", loss) | known
        about = {key: sealed[key] for key in ("corpus", "rung", "n_matmul", "tokens", "flops")}
        scores[stem] = {"climb": stem.rsplit("-", 1)[0], **about, **got}
        of_excess = f", {known['excess_error']:+.1%} of the excess" if known else ""
        print(f"{stem}: sealed {got['predicted']:.4f} ({got['low']:.4f}–{got['high']:.4f}), measured {loss:.4f}, "
              f"{got['relative_error']:+.2%}{of_excess}, {'inside' if got['inside'] else 'OUTSIDE'}", flush=True)  # fmt: skip
    where = {"command": f"python -m labgpt.studies.ladder score STORE {' '.join(names)}", "sealed": sorted(scores)}
    write_json(SCORES, where | {"scores": scores, "provenance": provenance()})


if __name__ == "__main__":
    verb, store, *climbs = sys.argv[1:]
    need(verb in ("seal", "score"), "verb", verb, "seal, score")
    (seal if verb == "seal" else score)(store, *climbs)
