# %%
misconception = "The bend is put down to the floor, though the numbers were computed with the floor taken off."
loses = {"bend": 1}
says = "with the floor taken off and still differ"

# %% tags=["answer"] labgpt={"id": "bend"}
import numpy as np

rows = runs.set_index("d_model")
above = np.log(rows.val_loss - rows.bayes_loss)
first, last = [-np.diff(above[pair])[0] / np.diff(np.log(rows.n_matmul[pair]))[0] for pair in (SMALL, LARGE)]
choice = "a"
