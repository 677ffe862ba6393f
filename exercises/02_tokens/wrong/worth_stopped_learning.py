# %%
misconception = "A trunk that stays high is thought to have stopped learning; it is only not cooled."
loses = {"worth": 1}
says = "had not stopped learning"

# %% tags=["answer"] labgpt={"id": "worth"}
import numpy as np

shown = np.log(trunk.val_loss[trunk.tokens == AT].item() - floor)
worth = np.exp(np.interp(-shown, -np.log(finished.val_loss - floor), np.log(finished.tokens)))
choice = "a"
