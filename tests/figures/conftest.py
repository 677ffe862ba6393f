"""A run table as the main job gives it: a Chinchilla surface with noise, six sizes, five budgets, two seeds on three."""

import re

import numpy as np
import pandas as pd
import pytest

UNIT = re.compile(r"\(.+\)| / |^$")  # every label names a unit in brackets, or a ratio; shared axes may leave theirs out
SIZES = {16: 10_240, 24: 19_968, 32: 45_056, 48: 95_232, 64: 212_992, 96: 466_944}
BUDGETS = [163_840 * 2**k for k in range(5)]


def made(corpus="pysource", E=0.9, A=30.0, B=120.0, alpha=0.35, beta=0.4, noise=0.006, sizes=SIZES, seeds=2):
    """Rows with the run table's columns; bayes_loss is E on zipf-markov, unknown elsewhere."""
    rng, rows = np.random.default_rng(1), []
    for place, (width, n) in enumerate(sizes.items()):
        for seed in range(seeds if place < 3 else 1):
            trunk = rng.normal(0, noise)
            for tokens in BUDGETS:
                loss = (E + A / n**alpha + B / tokens**beta) * np.exp(trunk + rng.normal(0, noise))
                rows.append({
                    "run_id": f"{width:04d}{seed:08d}", "spec_id": f"{width:012d}", "corpus": corpus, "seed": seed,
                    "branch": f"{corpus}-d{width}-s{seed}", "n_total": n + 256 * width, "n_nonemb": n - 256 * width,
                    "n_matmul": n, "tokens": tokens, "flops": int(6 * n * tokens * (1 + 8 / width)), "val_loss": loss,
                    "bits_per_byte": None if corpus == "zipf-markov" else loss / np.log(2),
                    "bayes_loss": E if corpus == "zipf-markov" else np.nan, "d_model": width, "seconds": n * tokens / 4e9,
                })  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="session")
def readable():
    """Fails for a figure without units, caption or alt text; with letters below 10 points at 100 pixels an inch; larger than its frame."""
    from matplotlib.text import Text

    def check(figure):
        labels = [label for axes in figure.axes for label in (axes.get_xlabel(), axes.get_ylabel())]
        assert any(labels) and all(map(UNIT.search, labels))
        assert "n = " in figure.labgpt_caption and len(figure.labgpt_alt) > 60 and "nan" not in figure.labgpt_caption + figure.labgpt_alt
        figure.draw_without_rendering()
        assert min(t.get_fontsize() for t in figure.findobj(Text) if t.get_text() and t.get_visible()) >= 10
        box = figure.get_tightbbox()
        assert figure.get_figwidth() == pytest.approx(7)
        assert box.x0 >= -0.02 and box.y0 >= -0.02 and box.x1 <= 7.02 and box.y1 <= figure.get_figheight() + 0.02

    return check


@pytest.fixture(scope="session")
def table():
    return made()


@pytest.fixture(scope="session")
def known():
    """zipf-markov: its entropy is known to be 1.893 nats."""
    return made("zipf-markov", E=1.893, A=8, B=60, alpha=0.45, beta=0.45, noise=0.002)


@pytest.fixture(scope="session")
def law(table):
    from labgpt.laws import Chinchilla

    return Chinchilla().fit(table, bootstrap=30)


@pytest.fixture(scope="session")
def held():
    return made(sizes={128: 1_016_000}, seeds=1).iloc[-1:]


@pytest.fixture(scope="session")
def sealed(law, table):
    n, tokens = 1_016_000, int(table["tokens"].max())
    low, high = law.predict_interval(n, tokens)
    return {"predicted": float(law.predict(n, tokens)), "low": float(low), "high": float(high), "n_matmul": n,
            "tokens": tokens, "params": law.params, "fit_from_tokens": 655_360, "fit_sizes": 4}  # fmt: skip


@pytest.fixture(scope="session")
def every(table, known, law, held, sealed, ranks):
    """{name: Figure}: one of each."""
    import pandas as pd

    from labgpt import figures as f
    from labgpt.figures.watch import live
    from labgpt.laws import Chinchilla

    floor = Chinchilla().fit(known, bootstrap=20)

    def near(row):
        return 0.99 * row["val_loss"], 1.01 * row["val_loss"]

    return {
        "loss_vs_size": f.loss_vs_size(table, law, held_out=held, bayes=0.9),
        "loss_vs_size, no law": f.loss_vs_size(table),
        "loss_vs_tokens": f.loss_vs_tokens(table, law),
        "loss_vs_compute": f.loss_vs_compute(table, law),
        "isoflop": f.isoflop(table, law),
        "isoflop, given budgets": f.isoflop(table, law, budgets=[1e11, 4e11]),
        "residuals": f.residuals(table, law),
        "entropy_check": f.entropy_check(known, floor, 1.893),
        "law": f.law(law),
        "coverage": f.coverage({w: [[0.35, 0.3, 0.4], [0.37, 0.36, 0.41]] for w in ("rows", "branches")}, 0.35, (0.32, 0.38),
                               {w: (0.34, 0.3, 0.39) for w in ("rows", "branches")}),
        "floors": f.floors({100_000: floor, 200_000: floor}, {1: {"held": 1.0, "width": 0.5, "studies": 20},
                                                              4: {"held": 0.0, "width": 0.03, "studies": 5}}, 1.893),
        "ladder": f.ladder(rungs(known, 3, 10)),
        "copying": f.copying([{"flops": c, "first": 5.8, "second": s, "forecast": c > 1e13} for c, s in ((1e12, 5.8), (6e13, 4.4))]),
        "exponents": f.exponents({what: {"parabola": a, "parabola_range": [a - 0.05, a + 0.03], "akima": a + 0.02,
                                         "akima_range": [a, a + 0.1]} for what, a in (("all counted", 0.6), ("rate cooled", 0.5))},
                                 {"Kaplan et al.": 0.73, "Hoffmann et al.": 0.5}, "30 runs"),
        "live": live(table, {"b": [(2048, 4.1), (4096, 3.0), (3072, 2.9)]}, [(len(table), law)]),
        "live, no law yet": live(known.iloc[:1], {"b": [(2048, 4.1), (4096, 3.0)]}, []),
        "forecast": f.forecast(table, sealed, sealed["predicted"] * 1.01),
        "world": f.world(ranks),
        "seed_noise": f.seed_noise(pd.concat([table, known])),
        "lesson_band": f.lesson_band(table[table["tokens"] == sealed["tokens"]], table.iloc[[4]], near),
        "lesson_band, several budgets": f.lesson_band(table, table.iloc[[4]], near),
        "compare": f.compare({"first": table[table["d_model"] == 16], "second": table[table["d_model"] == 64]}, floor=0.9),
        "explore_tokens": f.explore_tokens(table),
        "explore_budget": f.explore_budget(law, 1e11, 50_000),
        "explore_world": f.explore_world({1: 1000, 2: 520, 4: 290, 8: 190}, 0.05, 1e6, 1e8),
        "explore_world, three seeds": f.explore_world({1: [99, 100, 103], 2: [51, 52, 52], 4: [33, 30, 31]}, 0.05, 1e6, 1e7),
        "sent": f.sent([{"form": form, "rank": rank, "sent_bytes": by_hand, "kernel_bytes": 127e3, "messages": 40 if by_hand else 0,
                         "optimizer_bytes": 180e3} for form, by_hand in (("naive", 120e3), ("torch ddp", 0)) for rank in (0, 1)]),
    }


def rungs(known, *factors):
    """Scores as labgpt.studies.ladder records them, the last outside its range."""
    top, corpus = known["flops"].max(), known["corpus"].iloc[0]
    return {f"{corpus}-{k}x": {"corpus": corpus, "climb": corpus, "rung": k, "flops": k * top, "n_matmul": 10_000 * k, "tokens": 1e6,
                               "predicted": 2.0, "low": 1.95, "high": 2.05, "measured": 2.0 + 0.01 * k, "inside": k < 5,
                               "relative_error": -0.005 * k, "excess_error": -0.1, "bayes_loss": 1.893} for k in factors}  # fmt: skip


@pytest.fixture(scope="session")
def ranks():
    """W = 1, 2, 4 on two cores."""
    return {
        str(w): {
            "final_loss": 2.1, "weights_sha256": "ab", "tokens_per_s": speed, "efficiency": speed / 9000 / w,
            "weak_efficiency": weak, "oversubscribed": w > 2, "bytes_sent": 1.03 * 2 * (w - 1) * 1.05e6 + 3e3,
            "ring_formula_bytes": 2 * (w - 1) * 1.05e6, "ring_max_loss_difference": 2e-7,
        }
        for w, speed, weak in ((1, 9000, 1.0), (2, 15800, 0.91), (4, 14200, 0.44))
    }  # fmt: skip
