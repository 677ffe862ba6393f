# %%
misconception = "The scores are counted whether they are kept or worked out again."
loses = {"activations": 2}
says = "square of the length"

# %% tags=["answer"] labgpt={"id": "activations"}
def activations(rows, seq_len, d_model, n_head, n_layer, scores=True):
    return n_layer * rows * (34 * seq_len * d_model + 5 * n_head * seq_len**2)
