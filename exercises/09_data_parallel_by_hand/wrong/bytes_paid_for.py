# %%
misconception = "Memory saved is always paid for in bytes sent."
loses = {"bytes": 1}
says = "the form by hand keeps as little"

# %% tags=["answer"] labgpt={"id": "bytes"}
ratio = sum(runs["torch zero1"][rank] for rank in READ) / sum(runs["torch ddp"][rank] for rank in READ)
choice = "a"
