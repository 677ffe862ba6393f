# %%
misconception = "From C to 4C is taken for one doubling."
loses = {"growth": 2}
says = "not by ln 2"

# %% tags=["answer"] labgpt={"id": "growth"}
import numpy as np


def lowest(losses):
    i = int(losses.argmin())
    a, b, _ = np.polyfit(np.log(losses.index[i - 1 : i + 2]), losses.iloc[i - 1 : i + 2], 2)
    return np.exp(-b / (2 * a))


stepped = np.log2(valleys["4C"].idxmin() / valleys["C"].idxmin())
smooth = np.log2(lowest(valleys["4C"]) / lowest(valleys["C"]))
choice = "c"
