# %%
misconception = "6 N is taken for everything; at long rows and small widths attention costs as much as the weights."
loses = {"mfu": 2}
says = "attention"

# %% tags=["answer"] labgpt={"id": "mfu"}
def mfu(n_matmul, n_layer, d_model, seq_len, tokens_per_s, peak):
    return 6 * n_matmul * tokens_per_s / peak
