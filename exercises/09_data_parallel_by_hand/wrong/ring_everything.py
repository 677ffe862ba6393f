# %%
misconception = "To add up, each rank must see all numbers of all ranks."
loses = {"ring": 2}
says = "need not see everybody's numbers"

# %% tags=["answer"] labgpt={"id": "ring"}
def all_reduce(mine, rank, world_size, send, receive):
    total, passing = list(mine), list(mine)
    for _ in range(world_size - 1):
        for number in passing:
            send(number)
        passing = [receive() for _ in passing]
        total = [a + b for a, b in zip(total, passing)]
    return total
