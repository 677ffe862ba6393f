# %%
misconception = "The embedding is counted in N, though looking a row up is no multiplication."
loses = {"flops": 2}
says = "it only looks up"

# %% tags=["answer"] labgpt={"id": "flops"}
def flops(vocab_size, seq_len, n_layer, d_model, tokens):
    n = 12 * n_layer * d_model**2 + 2 * d_model * vocab_size
    return (6 * n + 6 * n_layer * d_model * (seq_len + 1)) * tokens, 6 * n * tokens
