# %%
misconception = "N is taken as the blocks alone (the 'non-embedding' count); the head multiplies too, and at this size it is half."
loses = {"count": 2}
says = "the head does"

# %% tags=["answer"] labgpt={"id": "count"}
def count(vocab_size, d_model, n_layer):
    blocks = n_layer * 12 * d_model**2
    table = vocab_size * d_model
    return {"embedding": table, "blocks": blocks, "head": table, "N": blocks}
