# %%
misconception = "After the rounds that add up, every rank has the sums."
loses = {"ring": 3}
says = "half of the ring"

# %% tags=["answer"] labgpt={"id": "ring"}
def all_reduce(mine, rank, world_size, send, receive):
    for h in range(world_size - 1):
        send(mine[(rank - h - 1) % world_size])
        mine[(rank - h - 2) % world_size] += receive()
    if world_size == 2:
        send(mine[rank])
        mine[1 - rank] = receive()
    return mine
