# %%
misconception = "The model is thought too small to use more tokens; its finished runs show that it uses them."
loses = {"worth": 1}
says = "finished goes on falling"

# %% tags=["answer"] labgpt={"id": "worth"}
import numpy as np

shown = np.log(trunk.val_loss[trunk.tokens == AT].item() - floor)
worth = np.exp(np.interp(-shown, -np.log(finished.val_loss - floor), np.log(finished.tokens)))
choice = "d"
