# %%
misconception = "One axis in natural logarithms, the other in decimal ones: the slope is 2.3 times too large."
loses = {"time": 2}
says = "the same logarithm on both axes"

# %% tags=["answer"] labgpt={"id": "time"}
import numpy as np


def time_exponent(n, seconds):
    return np.polyfit(np.log10(n), np.log(seconds), 1)[0]
