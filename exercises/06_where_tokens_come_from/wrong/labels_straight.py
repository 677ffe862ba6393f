# %%
misconception = "Precision is taken to rise evenly with labels; each further label teaches less."
loses = {"labels": 1}
says = "logarithm"

# %% tags=["answer"] labgpt={"id": "labels"}
import numpy as np


def labels_for(target, labels, precisions):
    return float(np.interp(target, [np.mean(draws) for draws in precisions], labels))
