# %%
misconception = "The difference of two methods is put down to chance between seeds."
loses = {"growth": 1}
says = "it is not chance"

# %% tags=["answer"] labgpt={"id": "growth"}
import numpy as np


def lowest(losses):
    i = int(losses.argmin())
    p, q, _ = np.polyfit(np.log(losses.index[i - 1 : i + 2]), losses.iloc[i - 1 : i + 2], 2)
    return np.exp(-q / (2 * p))


stepped = np.log(valleys[LARGE].idxmin() / valleys[SMALL].idxmin()) / np.log(TIMES)
smooth = np.log(lowest(valleys[LARGE]) / lowest(valleys[SMALL])) / np.log(TIMES)
choice = "d"
