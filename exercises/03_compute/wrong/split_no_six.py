# %%
misconception = "C = N·D: the six FLOPs a weight and token are forgotten."
loses = {"split": 2}
says = "6 FLOPs a token"

# %% tags=["answer"] labgpt={"id": "split"}
import numpy as np


def split(c, factor, law):
    def loss(n):
        return law["E"] + law["A"] / n ** law["alpha"] + law["B"] / (c / n) ** law["beta"]

    tried = np.geomspace(1e3, 1e12, 10_000)
    n = factor * float(tried[loss(tried).argmin()])
    return n, c / n, loss(n)
