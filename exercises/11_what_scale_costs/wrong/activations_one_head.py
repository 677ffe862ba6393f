# %%
misconception = "One table of scores is counted for all heads; each head has its own."
loses = {"activations": 2}
says = "heads"

# %% tags=["answer"] labgpt={"id": "activations"}
def activations(rows, seq_len, d_model, n_head, n_layer, scores=True):
    return n_layer * rows * (34 * seq_len * d_model + (5 * seq_len**2 if scores else 0))
