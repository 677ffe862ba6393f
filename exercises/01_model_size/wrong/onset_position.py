# %%
misconception = "A row's position in the table is given for a number of epochs."
loses = {"onset": 2}
says = "not at positions"

# %% tags=["answer"] labgpt={"id": "onset"}
best_epochs = short.val_loss.argmin()
price = short.val_loss.iloc[-1] - short.val_loss.min()
