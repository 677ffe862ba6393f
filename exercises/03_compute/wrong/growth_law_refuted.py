# %%
misconception = "The finer-looking method is taken for the truth, and the law for refuted."
loses = {"growth": 1}
says = "no proof against a law"

# %% tags=["answer"] labgpt={"id": "growth"}
import numpy as np


def lowest(losses):
    i = int(losses.argmin())
    p, q, _ = np.polyfit(np.log(losses.index[i - 1 : i + 2]), losses.iloc[i - 1 : i + 2], 2)
    return np.exp(-q / (2 * p))


stepped = np.log(valleys[LARGE].idxmin() / valleys[SMALL].idxmin()) / np.log(TIMES)
smooth = np.log(lowest(valleys[LARGE]) / lowest(valleys[SMALL])) / np.log(TIMES)
choice = "b"
