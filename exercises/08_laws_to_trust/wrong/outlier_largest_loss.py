# %%
misconception = "The largest loss is taken for the bad run; it is that of the smallest budget."
loses = {"outlier": 2}
says = "residuals"

# %% tags=["answer"] labgpt={"id": "outlier"}
wrong_row = int(runs["val_loss"].argmax())
