# %%
misconception = "Every worker takes the whole batch: W times the work for the same step."
loses = {"shard": 2}
says = "exactly once, in one of the two"

# %% tags=["answer"] labgpt={"id": "shard"}
def rows_of(rank, world_size, batch_size):
    return list(range(batch_size))
