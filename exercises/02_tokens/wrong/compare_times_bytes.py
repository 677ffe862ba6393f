# %%
misconception = "The loss is multiplied with the bytes a token stands for, instead of divided by them."
loses = {"compare": 2}
says = "spread over its bytes"

# %% tags=["answer"] labgpt={"id": "compare"}
import math


def compare(models, n_bytes):
    bits = {name: loss / math.log(2) * n_bytes / tokens for name, (loss, tokens) in models.items()}
    return min(bits, key=bits.get), bits
