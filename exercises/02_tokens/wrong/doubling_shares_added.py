# %%
misconception = "Shares are added up like nats: the share removed in all is divided by the number of doublings."
loses = {"doubling": 1}
says = "doublings was divided by"

# %% tags=["answer"] labgpt={"id": "doubling"}
doublings = len(asked) - 1
nats = (asked.val_loss.iloc[0] - asked.val_loss.iloc[-1]) / doublings
share = (1 - (asked.val_loss.iloc[-1] - tales_floor) / (asked.val_loss.iloc[0] - tales_floor)) / doublings
