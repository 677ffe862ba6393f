# %%
misconception = "Losses are interpolated along a straight line in D; the curve is straight in logarithms of the excess."
loses = {"dedup": 2}
says = "take the floor off"

# %% tags=["answer"] labgpt={"id": "dedup"}
import numpy as np

loss = copied.val_loss.item()
gain = loss - out[out.tokens == 393_216].val_loss.item()
worth = np.interp(-loss, -fresh.val_loss, fresh.tokens)
choice = "b"
