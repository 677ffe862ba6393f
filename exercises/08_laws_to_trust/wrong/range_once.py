# %%
misconception = "A branch drawn twice counts once: the resamples are too alike, the range too narrow."
loses = {"range": 2}
says = "counts twice"

# %% tags=["answer"] labgpt={"id": "range"}
import numpy as np


def branch_range(x, y, branch, picks):
    slopes = []
    for pick in picks:
        rows = [i for i in range(len(x)) if branch[i] in set(pick)]
        slopes.append(np.polyfit(np.array(x)[rows], np.array(y)[rows], 1)[0])
    return float(np.quantile(slopes, 0.025)), float(np.quantile(slopes, 0.975))
