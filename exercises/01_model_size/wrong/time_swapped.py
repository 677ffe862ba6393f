# %%
misconception = "The axes are swapped: how N grows with time instead of how time grows with N."
loses = {"time": 2}
says = "N on the horizontal one"

# %% tags=["answer"] labgpt={"id": "time"}
import numpy as np


def time_exponent(n, seconds):
    return np.polyfit(np.log(seconds), np.log(n), 1)[0]
