# %%
misconception = "ZeRO shares out everything: with enough ranks any model fits."
loses = {"memory": 2}
says = "stage 3"

# %% tags=["answer"] labgpt={"id": "memory"}
import math


def ranks_needed(n, device_bytes):
    return max(1, math.ceil(16 * n / device_bytes))
