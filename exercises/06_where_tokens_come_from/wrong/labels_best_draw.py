# %%
misconception = "The luckiest draw stands for its number of labels: whoever buys labels gets the mean."
loses = {"labels": 1}
says = "mean"

# %% tags=["answer"] labgpt={"id": "labels"}
import numpy as np


def labels_for(target, labels, precisions):
    return float(np.exp(np.interp(target, [max(draws) for draws in precisions], np.log(labels))))
