# %%
misconception = "The noise's own share is put into the logarithm instead of what is left for the right symbol."
loses = {"noise": 2}
says = "1 − Q"

# %% tags=["answer"] labgpt={"id": "noise"}
import math

excess = -math.log(Q)
meaning = "b"
