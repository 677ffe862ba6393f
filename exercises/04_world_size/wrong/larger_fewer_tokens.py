# %%
misconception = "The large batch is believed to have seen fewer tokens; at its steps it has seen more."
loses = {"larger": 1}
says = "saw more tokens"

# %% tags=["answer"] labgpt={"id": "larger"}
import numpy as np

one, large = curves[curves.batch == 1], curves[curves.batch == 16]
few = np.exp(np.interp(-TARGET, -one.val_loss, np.log(one.tokens))) / 2048
many = np.exp(np.interp(-TARGET, -large.val_loss, np.log(large.tokens))) / 32768
choice = "c"
