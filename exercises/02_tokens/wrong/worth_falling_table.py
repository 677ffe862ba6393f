# %%
misconception = "np.interp is given losses that fall, and answers with an end of the table without a word."
loses = {"worth": 2}
says = "wants numbers that rise"

# %% tags=["answer"] labgpt={"id": "worth"}
import numpy as np

shown = np.log(trunk.val_loss[trunk.tokens == AT].item() - floor)
worth = np.exp(np.interp(shown, np.log(finished.val_loss - floor), np.log(finished.tokens)))
choice = "b"
