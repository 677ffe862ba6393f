# %%
misconception = "Slope and intercept are divided the wrong way round: that is one over the critical batch."
loses = {"batch": 2}
says = "D_min"

# %% tags=["answer"] labgpt={"id": "batch"}
import numpy as np


def critical_batch(batches, tokens):
    slope, intercept = np.polyfit(batches, tokens, 1)
    return float(slope / intercept)
