# %%
misconception = "Compared with runs of its size alone: what tokens do is taken for an error."
loses = {"outlier": 2}
says = "in N and D"

# %% tags=["answer"] labgpt={"id": "outlier"}
import numpy as np

slope, level = np.polyfit(np.log(runs["n_matmul"]), np.log(runs["val_loss"]), 1)
wrong_row = int((np.log(runs["val_loss"]) - level - slope * np.log(runs["n_matmul"])).argmax())
