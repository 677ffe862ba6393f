# %%
misconception = "Only what the repeats add is given; the first reading is forgotten."
loses = {"effective": 2}
says = "counts in full"

# %% tags=["answer"] labgpt={"id": "effective"}
import math


def effective(unique, epochs, R):
    return unique * R * (1 - math.exp(-(epochs - 1) / R))
