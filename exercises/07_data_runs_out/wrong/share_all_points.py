# %%
misconception = "The parabola is fitted to all shares; far from the minimum the curve is no parabola, and pulls it away."
loses = {"share": 2}
says = "two neighbours"

# %% tags=["answer"] labgpt={"id": "share"}
import numpy as np


def best_share(shares, losses):
    a, b, _ = np.polyfit(np.log(shares), losses, 2)
    return float(np.exp(-b / (2 * a)))
