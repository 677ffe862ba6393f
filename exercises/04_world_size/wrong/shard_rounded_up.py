# %%
misconception = "The slice is rounded up, and the last worker gets what is left: much less than the others."
loses = {"shard": 2}
says = "slices rounded up"

# %% tags=["answer"] labgpt={"id": "shard"}
def rows_of(rank, world_size, batch_size):
    size = -(-batch_size // world_size)
    return list(range(rank * size, min((rank + 1) * size, batch_size)))
