# %%
misconception = "Workers' results are averaged, as gradients are in data parallel; here each holds a part of the sum."
loses = {"parts": 2}
says = "not a mean"

# %% tags=["answer"] labgpt={"id": "parts"}
import numpy as np


def parts(x, up, down, ranks):
    x, columns, rows = np.array(x), np.split(np.array(up), ranks, axis=1), np.split(np.array(down), ranks, axis=0)
    return [np.maximum(x @ a, 0) @ b / ranks for a, b in zip(columns, rows)]
