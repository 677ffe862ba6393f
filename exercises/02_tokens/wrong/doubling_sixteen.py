# %%
misconception = "Sixteen times the tokens are taken for sixteen doublings; they are four."
loses = {"doubling": 2}
says = "times the tokens are not"

# %% tags=["answer"] labgpt={"id": "doubling"}
times = asked.tokens.iloc[-1] // asked.tokens.iloc[0]
nats = (asked.val_loss.iloc[0] - asked.val_loss.iloc[-1]) / times
share = 1 - ((asked.val_loss.iloc[-1] - tales_floor) / (asked.val_loss.iloc[0] - tales_floor)) ** (1 / times)
