# %%
misconception = "Only the weights that multiply are sent; but the look-up table is trained too."
loses = {"ring": 2}
says = "N leaves the look-up table out"

# %% tags=["answer"] labgpt={"id": "ring"}
def sent(lookup, n_matmul, world_size):
    return 2 * (world_size - 1) / world_size * 4 * n_matmul
