# %%
misconception = "More text is better than less, whatever is in it."
loses = {"dedup": 1}
says = "more tokens were worse"

# %% tags=["answer"] labgpt={"id": "dedup"}
import numpy as np

loss = copied.val_loss.item()
gain = loss - out[out.tokens == 393_216].val_loss.item()
worth = np.exp(np.interp(-np.log(loss - floor), -np.log(fresh.val_loss - floor), np.log(fresh.tokens)))
choice = "c"
