# %%
misconception = "The optimizer's moments travel with the weights."
loses = {"bytes": 1}
says = "a rank's moments stay with it"

# %% tags=["answer"] labgpt={"id": "bytes"}
ratio = sum(runs["torch zero1"][rank] for rank in READ) / sum(runs["torch ddp"][rank] for rank in READ)
choice = "d"
