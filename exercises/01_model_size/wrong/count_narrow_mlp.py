# %%
misconception = "The MLP's matrices are taken as d × d: its four times wider middle is forgotten."
loses = {"count": 2}
says = "the MLP's are 4 d wide"

# %% tags=["answer"] labgpt={"id": "count"}
def count(vocab_size, d_model, n_layer):
    blocks = n_layer * 6 * d_model**2
    table = vocab_size * d_model
    return {"embedding": table, "blocks": blocks, "head": table, "N": blocks + table}
