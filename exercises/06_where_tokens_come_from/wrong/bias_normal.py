# %%
misconception = "1.96 is used with three seeds: the spread of three is itself a guess."
loses = {"bias": 2}
says = "Student"

# %% tags=["answer"] labgpt={"id": "bias"}
import numpy as np


def bias_range(shares, truth):
    points = 100 * (np.array(shares) - truth)
    half = 1.96 * points.std(ddof=1) / len(points) ** 0.5
    return float(points.mean()), float(points.mean() - half), float(points.mean() + half)
