# %%
misconception = "Shares are added up like nats: the share removed in all is divided by the number of doublings."
loses = {"doubling": 1}
says = "was divided by 4"

# %% tags=["answer"] labgpt={"id": "doubling"}
nats = (finished.val_loss.iloc[0] - finished.val_loss.iloc[-1]) / 4
share = (1 - (finished.val_loss.iloc[-1] - floor) / (finished.val_loss.iloc[0] - floor)) / 4
