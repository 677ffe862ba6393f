# %%
misconception = "The parabola is laid over the share itself, where these points are far from lying on one."
loses = {"share": 2}
says = "logarithm"

# %% tags=["answer"] labgpt={"id": "share"}
import numpy as np


def best_share(shares, losses):
    i = int(np.argmin(losses))
    a, b, _ = np.polyfit(shares[i - 1 : i + 2], losses[i - 1 : i + 2], 2)
    return float(-b / (2 * a))
