# %%
misconception = "Attention is counted on the way forward only."
loses = {"flops": 2}
says = "attention on the way back"

# %% tags=["answer"] labgpt={"id": "flops"}
def flops(vocab_size, seq_len, n_layer, d_model, tokens):
    n = 12 * n_layer * d_model**2 + d_model * vocab_size
    return (6 * n + 2 * n_layer * d_model * (seq_len + 1)) * tokens, 6 * n * tokens
