# %%
misconception = "Nats are given for bits."
loses = {"compare": 2}
says = "how nats become bits"

# %% tags=["answer"] labgpt={"id": "compare"}
def compare(models, n_bytes):
    bits = {name: loss * tokens / n_bytes for name, (loss, tokens) in models.items()}
    return min(bits, key=bits.get), bits
