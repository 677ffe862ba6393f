# %%
misconception = "Four times the microbatches, four times the memory: weights and Adam's averages do not grow with them."
loses = {"waits": 1}
says = "what grows with the microbatches"

# %% tags=["answer"] labgpt={"id": "waits"}
gpipe, other = (recorded[0]["memory"][kind]["peak"] for kind in ("gpipe", "1f1b"))
one = (gpipe - other) / (8 - 4)
at_32 = 4 * gpipe / 1e6
