# %%
misconception = "One parabola for the whole valley: its steep, far ends pull the bottom aside."
loses = {"bottom": 2}
says = "through all points"

# %% tags=["answer"] labgpt={"id": "bottom"}
import numpy as np


def bottom(n, losses):
    p, q, _ = np.polyfit(np.log(n), losses, 2)
    return n[int(np.argmin(losses))], float(np.exp(-q / (2 * p)))
