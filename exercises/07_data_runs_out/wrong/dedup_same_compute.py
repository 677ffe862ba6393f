# %%
misconception = "The run that reads the cleaned text for as long as before is taken: it has more compute than what is left, read once."
loses = {"dedup": 3}
says = "once"

# %% tags=["answer"] labgpt={"id": "dedup"}
import numpy as np

loss = copied.val_loss.item()
gain = loss - out[out.tokens == 524_288].val_loss.item()
worth = np.exp(np.interp(-np.log(loss - floor), -np.log(fresh.val_loss - floor), np.log(fresh.tokens)))
choice = "b"
