# %%
misconception = "The logarithm of the sizes' ratio is given for the exponent: how much the budget grew is forgotten."
loses = {"growth": 2}
says = "so divide by ln"

# %% tags=["answer"] labgpt={"id": "growth"}
import numpy as np


def lowest(losses):
    i = int(losses.argmin())
    p, q, _ = np.polyfit(np.log(losses.index[i - 1 : i + 2]), losses.iloc[i - 1 : i + 2], 2)
    return np.exp(-q / (2 * p))


stepped = np.log(valleys[LARGE].idxmin() / valleys[SMALL].idxmin())
smooth = np.log(lowest(valleys[LARGE]) / lowest(valleys[SMALL]))
choice = "c"
