# %%
misconception = "Tokens of different rows are paired too: the square is taken over the whole batch."
loses = {"activations": 2}
says = "within a row"

# %% tags=["answer"] labgpt={"id": "activations"}
def activations(rows, seq_len, d_model, n_head, n_layer, scores=True):
    tokens = rows * seq_len
    return n_layer * (34 * tokens * d_model + (5 * n_head * tokens**2 if scores else 0))
