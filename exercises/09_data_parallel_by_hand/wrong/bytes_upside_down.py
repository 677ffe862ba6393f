# %%
misconception = "The ratio is taken the other way round."
loses = {"bytes": 2}
says = "upside down"

# %% tags=["answer"] labgpt={"id": "bytes"}
ratio = sum(runs["torch ddp"]) / sum(runs["torch zero1"])
choice = "b"
