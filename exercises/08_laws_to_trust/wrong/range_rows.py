# %%
misconception = "One point of each drawn branch is taken: rows again, under another name."
loses = {"range": 2}
says = "all of its points"

# %% tags=["answer"] labgpt={"id": "range"}
import numpy as np


def branch_range(x, y, branch, picks):
    slopes = []
    for k, pick in enumerate(picks):
        rows = [[i for i in range(len(x)) if branch[i] == name] for name in pick]
        few = [r[(k + j) % len(r)] for j, r in enumerate(rows)]
        slopes.append(np.polyfit(np.array(x)[few], np.array(y)[few], 1)[0] if len({x[i] for i in few}) > 1 else -0.8)
    return float(np.quantile(slopes, 0.025)), float(np.quantile(slopes, 0.975))
