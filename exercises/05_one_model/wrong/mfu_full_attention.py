# %%
misconception = "Every token is counted as seeing the whole row; a causal one sees half of it on average."
loses = {"mfu": 2}
says = "half of all"

# %% tags=["answer"] labgpt={"id": "mfu"}
def mfu(n_matmul, n_layer, d_model, seq_len, tokens_per_s, peak):
    return (6 * n_matmul + 12 * n_layer * d_model * seq_len) * tokens_per_s / peak
