# %%
misconception = "The number of ranks may be rounded down."
loses = {"memory": 2}
says = "rounded down"

# %% tags=["answer"] labgpt={"id": "memory"}
def ranks_needed(n, device_bytes):
    room = device_bytes - 4 * n
    return max(1, int(12 * n // room)) if room > 0 else None
