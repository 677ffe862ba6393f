# %%
misconception = "Only the adding up is counted; the sums must be handed on as well."
loses = {"ring": 2}
says = "handed on to everybody"

# %% tags=["answer"] labgpt={"id": "ring"}
def sent(lookup, n_matmul, world_size):
    return (world_size - 1) / world_size * 4 * (lookup + n_matmul)
