# %%
misconception = "The logarithm is taken of the whole loss, floor included: no power law can be straight there."
loses = {"bend": 2}
says = "the floor included"

# %% tags=["answer"] labgpt={"id": "bend"}
import numpy as np

rows = runs.set_index("d_model")
first, last = [-np.diff(np.log(rows.val_loss[pair]))[0] / np.diff(np.log(rows.n_matmul[pair]))[0] for pair in (SMALL, LARGE)]
choice = "b"
