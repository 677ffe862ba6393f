# %%
misconception = "More text is better than less, whatever is in it."
loses = {"dedup": 1}
says = "more tokens were worse"

# %% tags=["answer"] labgpt={"id": "dedup"}
import numpy as np

copied = table[table.group == "copies:64"].val_loss.mean()
gain = copied - table[(table.group == "dedup") & (table.tokens == 393_216)].val_loss.mean()
worth = np.exp(np.interp(-np.log(copied - floor), -np.log(fresh.val_loss - floor), np.log(fresh.tokens)))
choice = "c"
