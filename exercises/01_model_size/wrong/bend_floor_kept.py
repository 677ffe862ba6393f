# %%
misconception = "The logarithm is taken of the whole loss, floor included: no power law can be straight there."
loses = {"bend": 2}
says = "the loss above the floor"

# %% tags=["answer"] labgpt={"id": "bend"}
import numpy as np

steps = -np.diff(np.log(runs.val_loss)) / np.diff(np.log(runs.n_matmul))
first, last = steps[0], steps[-1]
choice = "b"
