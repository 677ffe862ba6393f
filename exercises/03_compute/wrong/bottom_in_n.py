# %%
misconception = "The parabola is laid in N instead of ln N, where the larger neighbour stands much further off than the smaller."
loses = {"bottom": 2}
says = "laid in N"

# %% tags=["answer"] labgpt={"id": "bottom"}
import numpy as np


def bottom(n, losses):
    i = int(np.argmin(losses))
    p, q, _ = np.polyfit(n[i - 1 : i + 2], losses[i - 1 : i + 2], 2)
    return n[i], float(-q / (2 * p))
