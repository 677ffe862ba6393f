# %%
misconception = "Bits per token are given for bits per byte, as if every token were one byte."
loses = {"compare": 2}
says = "bits per token"

# %% tags=["answer"] labgpt={"id": "compare"}
import math


def compare(models, n_bytes):
    bits = {name: loss / math.log(2) for name, (loss, tokens) in models.items()}
    return min(bits, key=bits.get), bits
