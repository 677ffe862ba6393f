# %%
misconception = "The ratio is taken the other way round."
loses = {"bytes": 2}
says = "upside down"

# %% tags=["answer"] labgpt={"id": "bytes"}
ratio = sum(runs["torch ddp"][rank] for rank in READ) / sum(runs["torch zero1"][rank] for rank in READ)
choice = "b"
