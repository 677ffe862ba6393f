# %%
misconception = "The share is taken of the whole loss, floor included; nobody can remove the floor."
loses = {"doubling": 1}
says = "a share of the whole loss"

# %% tags=["answer"] labgpt={"id": "doubling"}
nats = (finished.val_loss.iloc[0] - finished.val_loss.iloc[-1]) / 4
share = 1 - (finished.val_loss.iloc[-1] / finished.val_loss.iloc[0]) ** (1 / 4)
