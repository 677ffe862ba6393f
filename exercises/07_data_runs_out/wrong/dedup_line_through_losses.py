# %%
misconception = "Losses are interpolated along a straight line in D; the curve is straight in logarithms of the excess."
loses = {"dedup": 2}
says = "take the floor off"

# %% tags=["answer"] labgpt={"id": "dedup"}
import numpy as np

copied = table[table.group == "copies:64"].val_loss.mean()
gain = copied - table[(table.group == "dedup") & (table.tokens == 393_216)].val_loss.mean()
worth = np.interp(-copied, -fresh.val_loss, fresh.tokens)
choice = "b"
