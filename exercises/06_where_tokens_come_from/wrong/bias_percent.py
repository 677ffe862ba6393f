# %%
misconception = "Percent of the truth instead of points: the same bias looks larger where the truth is small."
loses = {"bias": 2}
says = "share minus truth"

# %% tags=["answer"] labgpt={"id": "bias"}
import numpy as np
from scipy.stats import t


def bias_range(shares, truth):
    points = 100 * (np.array(shares) / truth - 1)
    half = t.ppf(0.975, len(points) - 1) * points.std(ddof=1) / len(points) ** 0.5
    return float(points.mean()), float(points.mean() - half), float(points.mean() + half)
