# %%
misconception = "Any forecast beyond the points is held impossible, even a little further along the very line they lie on."
loses = {"cannot": 2}
says = "D = 20 N"

# %% tags=["answer"] labgpt={"id": "cannot"}
cannot = "A"
