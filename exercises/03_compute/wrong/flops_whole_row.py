# %%
misconception = "Every token is counted as seeing the whole row; it sees only itself and those before it."
loses = {"flops": 2}
says = "seeing its whole row"

# %% tags=["answer"] labgpt={"id": "flops"}
def flops(vocab_size, seq_len, n_layer, d_model, tokens):
    n = 12 * n_layer * d_model**2 + d_model * vocab_size
    return (6 * n + 12 * n_layer * d_model * seq_len) * tokens, 6 * n * tokens
