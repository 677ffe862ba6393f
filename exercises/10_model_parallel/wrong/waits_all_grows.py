# %%
misconception = "So many times the microbatches, so many times the memory: weights and Adam's averages do not grow with them."
loses = {"waits": 1}
says = "what grows with the microbatches"

# %% tags=["answer"] labgpt={"id": "waits"}
gpipe, other = (recorded[STAGE]["memory"][kind]["peak"] for kind in ("gpipe", "1f1b"))
one = (gpipe - other) / (8 - (4 - STAGE))
at_many = MANY / 8 * gpipe / 1e6
