# %%
misconception = "2·N·D is counted: the way back, twice as costly, is forgotten."
loses = {"flops": 2}
says = "the way forward alone"

# %% tags=["answer"] labgpt={"id": "flops"}
def flops(vocab_size, seq_len, n_layer, d_model, tokens):
    n = 12 * n_layer * d_model**2 + d_model * vocab_size
    return (2 * n + 2 * n_layer * d_model * (seq_len + 1)) * tokens, 2 * n * tokens
