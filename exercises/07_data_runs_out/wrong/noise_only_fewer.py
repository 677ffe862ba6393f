# %%
misconception = "Noise only thins the data out."
loses = {"noise": 1}
says = "far lower"

# %% tags=["answer"] labgpt={"id": "noise"}
import math

excess = -math.log(1 - Q)
meaning = "a"
