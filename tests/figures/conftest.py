"""A run table as the main job gives it: a Chinchilla surface with noise, six sizes, five budgets, two seeds on three."""

import numpy as np
import pandas as pd
import pytest

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
def table():
    return made()


@pytest.fixture(scope="session")
def law(table):
    from labgpt.laws import Chinchilla

    return Chinchilla().fit(table, bootstrap=30)


@pytest.fixture(scope="session")
def held():
    return made(sizes={128: 1_016_000}, seeds=1).iloc[-1:]


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
