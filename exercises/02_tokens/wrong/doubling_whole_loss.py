# %%
misconception = "The share is taken of the whole loss, floor included; nobody can remove the floor."
loses = {"doubling": 1}
says = "a share of the whole loss"

# %% tags=["answer"] labgpt={"id": "doubling"}
doublings = len(asked) - 1
nats = (asked.val_loss.iloc[0] - asked.val_loss.iloc[-1]) / doublings
share = 1 - (asked.val_loss.iloc[-1] / asked.val_loss.iloc[0]) ** (1 / doublings)
