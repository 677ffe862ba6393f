# %%
misconception = "The sum is right, so the work is shared: one worker does all of it, and the others send zeros."
loses = {"parts": 2}
says = "how the work is shared"

# %% tags=["answer"] labgpt={"id": "parts"}
import numpy as np


def parts(x, up, down, ranks):
    whole = np.maximum(np.array(x) @ np.array(up), 0) @ np.array(down)
    return [whole] + [np.zeros_like(whole)] * (ranks - 1)
