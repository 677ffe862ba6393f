# %%
misconception = "The lowest loss per token wins, though the tokens of the models are not the same."
loses = {"compare": 1}
says = "lowest loss per token"

# %% tags=["answer"] labgpt={"id": "compare"}
import math


def compare(models, n_bytes):
    bits = {name: loss * tokens / math.log(2) / n_bytes for name, (loss, tokens) in models.items()}
    return min(models, key=lambda name: models[name][0]), bits
