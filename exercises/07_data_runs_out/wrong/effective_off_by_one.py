# %%
misconception = "The first reading is counted among the repeats."
loses = {"effective": 2}
says = "no repeat"

# %% tags=["answer"] labgpt={"id": "effective"}
import math


def effective(unique, epochs, R):
    return unique * (1 + R * (1 - math.exp(-epochs / R)))
