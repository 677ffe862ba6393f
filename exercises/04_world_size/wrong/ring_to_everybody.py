# %%
misconception = "Every worker sends its gradient to every other one, or all workers' bytes are counted together."
loses = {"ring": 2}
says = "what one worker sends, in a ring"

# %% tags=["answer"] labgpt={"id": "ring"}
def sent(lookup, n_matmul, world_size):
    return (world_size - 1) * 4 * (lookup + n_matmul)
