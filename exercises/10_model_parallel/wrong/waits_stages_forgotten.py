# %%
misconception = "Under 1F1B one microbatch waits, since each goes back at once; on the first stage as many wait as there are stages."
loses = {"waits": 2}
says = "8 against 4 microbatches"

# %% tags=["answer"] labgpt={"id": "waits"}
gpipe, other = (recorded[0]["memory"][kind]["peak"] for kind in ("gpipe", "1f1b"))
one = (gpipe - other) / (8 - 1)
at_32 = (gpipe + 24 * one) / 1e6
