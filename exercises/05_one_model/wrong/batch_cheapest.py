# %%
misconception = "The batch that needs the fewest tokens is taken for the critical one; that is always the smallest, up to noise."
loses = {"batch": 2}
says = "B_crit"

# %% tags=["answer"] labgpt={"id": "batch"}
def critical_batch(batches, tokens):
    return float(batches[list(tokens).index(min(tokens))])
