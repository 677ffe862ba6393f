# %%
misconception = "The run that reads the cleaned text for as long as before is taken: it has more compute than what is left, read once."
loses = {"dedup": 3}
says = "once"

# %% tags=["answer"] labgpt={"id": "dedup"}
import numpy as np

copied = table[table.group == "copies:64"].val_loss.mean()
gain = copied - table[(table.group == "dedup") & (table.tokens == 524_288)].val_loss.mean()
worth = np.exp(np.interp(-np.log(copied - floor), -np.log(fresh.val_loss - floor), np.log(fresh.tokens)))
choice = "b"
