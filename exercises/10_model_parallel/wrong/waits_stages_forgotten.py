# %%
misconception = "Under 1F1B one microbatch waits, since each goes back at once; on the first stage as many wait as there are stages."
loses = {"waits": 2}
says = "microbatches that wait there"

# %% tags=["answer"] labgpt={"id": "waits"}
gpipe, other = (recorded[STAGE]["memory"][kind]["peak"] for kind in ("gpipe", "1f1b"))
one = (gpipe - other) / (8 - 1)
at_many = (gpipe + (MANY - 8) * one) / 1e6
