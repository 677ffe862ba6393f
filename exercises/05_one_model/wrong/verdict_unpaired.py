# %%
misconception = "The two lists are compared as if their seeds had nothing to do with each other; what seeds shift in both drowns the difference."
loses = {"verdict": 2}
says = "seed by seed"

# %% tags=["answer"] labgpt={"id": "verdict"}
import numpy as np
from scipy.stats import t


def verdict(without, with_it):
    a, b, n = np.array(without), np.array(with_it), len(without)
    half = t.ppf(0.975, n - 1) * np.sqrt(a.var(ddof=1) / n + b.var(ddof=1) / n)
    low, high = b.mean() - a.mean() - half, b.mean() - a.mean() + half
    return float(low), float(high), "gain" if high < 0 else "loss" if low > 0 else "unclear"
