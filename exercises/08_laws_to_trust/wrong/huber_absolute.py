# %%
misconception = "Absolute deviations for every threshold: delta is not used."
loses = {"huber": 2}
says = "a near one counts with its square"

# %% tags=["answer"] labgpt={"id": "huber"}
import numpy as np


def huber_slope(x, y, delta):
    x, y = np.array(x), np.array(y)
    weights = np.ones(len(x))
    for _ in range(500):
        slope, level = np.polyfit(x, y, 1, w=np.sqrt(weights))
        weights = 1 / np.maximum(np.abs(y - level - slope * x), 1e-9)
    return float(slope)
