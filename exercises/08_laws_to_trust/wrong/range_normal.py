# %%
misconception = "Mean and 1.96 standard deviations of the slopes instead of their quantiles."
loses = {"range": 2}
says = "quantile"

# %% tags=["answer"] labgpt={"id": "range"}
import numpy as np


def branch_range(x, y, branch, picks):
    slopes = []
    for pick in picks:
        rows = [i for name in pick for i in range(len(x)) if branch[i] == name]
        slopes.append(np.polyfit(np.array(x)[rows], np.array(y)[rows], 1)[0])
    return float(np.mean(slopes) - 1.96 * np.std(slopes)), float(np.mean(slopes) + 1.96 * np.std(slopes))
