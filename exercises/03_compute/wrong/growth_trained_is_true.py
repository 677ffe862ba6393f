# %%
misconception = "What was trained is taken for exact, though it can only come out in steps."
loses = {"growth": 1}
says = "trained sizes come in steps"

# %% tags=["answer"] labgpt={"id": "growth"}
import numpy as np


def lowest(losses):
    i = int(losses.argmin())
    p, q, _ = np.polyfit(np.log(losses.index[i - 1 : i + 2]), losses.iloc[i - 1 : i + 2], 2)
    return np.exp(-q / (2 * p))


stepped = np.log(valleys[LARGE].idxmin() / valleys[SMALL].idxmin()) / np.log(TIMES)
smooth = np.log(lowest(valleys[LARGE]) / lowest(valleys[SMALL])) / np.log(TIMES)
choice = "a"
