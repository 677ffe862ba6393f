# %%
misconception = "The factor by which the size grew is given for the exponent."
loses = {"growth": 2}
says = "by how much the size grew"

# %% tags=["answer"] labgpt={"id": "growth"}
import numpy as np


def lowest(losses):
    i = int(losses.argmin())
    p, q, _ = np.polyfit(np.log(losses.index[i - 1 : i + 2]), losses.iloc[i - 1 : i + 2], 2)
    return np.exp(-q / (2 * p))


stepped = valleys[LARGE].idxmin() / valleys[SMALL].idxmin()
smooth = lowest(valleys[LARGE]) / lowest(valleys[SMALL])
choice = "c"
