# %%
misconception = "Sixteen times the tokens are taken for sixteen doublings; they are four."
loses = {"doubling": 2}
says = "not sixteen doublings"

# %% tags=["answer"] labgpt={"id": "doubling"}
nats = (finished.val_loss.iloc[0] - finished.val_loss.iloc[-1]) / 16
share = 1 - ((finished.val_loss.iloc[-1] - floor) / (finished.val_loss.iloc[0] - floor)) ** (1 / 16)
