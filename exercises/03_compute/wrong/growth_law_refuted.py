# %%
misconception = "The finer-looking method is taken for the truth, and the law for refuted."
loses = {"growth": 1}
says = "no proof against a law"

# %% tags=["answer"] labgpt={"id": "growth"}
import numpy as np


def lowest(losses):
    i = int(losses.argmin())
    a, b, _ = np.polyfit(np.log(losses.index[i - 1 : i + 2]), losses.iloc[i - 1 : i + 2], 2)
    return np.exp(-b / (2 * a))


stepped = np.log(valleys["4C"].idxmin() / valleys["C"].idxmin()) / np.log(4)
smooth = np.log(lowest(valleys["4C"]) / lowest(valleys["C"])) / np.log(4)
choice = "b"
