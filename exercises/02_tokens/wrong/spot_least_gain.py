# %%
misconception = "The doubling that bought the fewest nats is suspected; later doublings always buy fewer."
loses = {"spot": 2}
says = "every doubling buys fewer"

# %% tags=["answer"] labgpt={"id": "spot"}
import numpy as np


def spot(tokens, losses, floor):
    return tokens[1 + int(np.argmin(-np.diff(losses)))]
