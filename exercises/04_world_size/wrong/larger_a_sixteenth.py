# %%
misconception = "Sixteen workers are taken to need a sixteenth of the steps, and nothing is measured."
loses = {"larger": 2}
says = "a guess, not a measurement"

# %% tags=["answer"] labgpt={"id": "larger"}
import numpy as np

one, large = curves[curves.batch == 1], curves[curves.batch == 16]
few = np.exp(np.interp(-TARGET, -one.val_loss, np.log(one.tokens))) / 2048
many = few / 16
choice = "b"
