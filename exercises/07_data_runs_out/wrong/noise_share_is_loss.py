# %%
misconception = "A share of symbols is read as a loss in nats."
loses = {"noise": 2}
says = "is no loss in nats"

# %% tags=["answer"] labgpt={"id": "noise"}
excess = Q
meaning = "b"
