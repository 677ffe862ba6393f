# %%
misconception = "The batch is divided and the remainder forgotten: some rows are never trained on."
loses = {"shard": 2}
says = "go to nobody"

# %% tags=["answer"] labgpt={"id": "shard"}
def rows_of(rank, world_size, batch_size):
    size = batch_size // world_size
    return list(range(rank * size, (rank + 1) * size))
