# %%
misconception = "The embedding is counted in N, as if looking a row up were a multiplication."
loses = {"count": 2}
says = "the embedding only looks up"

# %% tags=["answer"] labgpt={"id": "count"}
def count(vocab_size, d_model, n_layer):
    blocks = n_layer * 12 * d_model**2
    table = vocab_size * d_model
    return {"embedding": table, "blocks": blocks, "head": table, "N": blocks + 2 * table}
