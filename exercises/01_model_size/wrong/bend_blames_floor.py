# %%
misconception = "The bend is put down to the floor, though the numbers were computed with the floor taken off."
loses = {"bend": 1}
says = "with the floor taken off and still differ"

# %% tags=["answer"] labgpt={"id": "bend"}
import numpy as np

steps = -np.diff(np.log(runs.val_loss - runs.bayes_loss)) / np.diff(np.log(runs.n_matmul))
first, last = steps[0], steps[-1]
choice = "a"
