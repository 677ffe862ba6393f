# %%
misconception = "A matrix may be cut either way: both are halves. Cut in rows, its sums are incomplete when the relu bends them."
loses = {"parts": 2}
says = "where the relu stands"

# %% tags=["answer"] labgpt={"id": "parts"}
import numpy as np


def parts(x, up, down, ranks):
    x, up, down = np.array(x), np.array(up), np.array(down)
    if len(up) % ranks:
        return [np.maximum(x @ up, 0) @ down / ranks] * ranks
    return [np.maximum(a @ b, 0) @ down for a, b in zip(np.split(x, ranks, axis=1), np.split(up, ranks, axis=0))]
