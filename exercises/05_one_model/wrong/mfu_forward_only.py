# %%
misconception = "Only the forward pass is counted; the backward pass costs twice as much again."
loses = {"mfu": 2}
says = "backwards"

# %% tags=["answer"] labgpt={"id": "mfu"}
def mfu(n_matmul, n_layer, d_model, seq_len, tokens_per_s, peak):
    return (2 * n_matmul + 2 * n_layer * d_model * (seq_len + 1)) * tokens_per_s / peak
