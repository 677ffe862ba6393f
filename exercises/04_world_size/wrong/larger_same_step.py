# %%
misconception = "Steps of the large batch are counted as if each had the small batch's tokens."
loses = {"larger": 2}
says = "16 times the tokens"

# %% tags=["answer"] labgpt={"id": "larger"}
import numpy as np

one, large = curves[curves.batch == 1], curves[curves.batch == 16]
few = np.exp(np.interp(-TARGET, -one.val_loss, np.log(one.tokens))) / 2048
many = np.exp(np.interp(-TARGET, -large.val_loss, np.log(large.tokens))) / 2048
choice = "b"
