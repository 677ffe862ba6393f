# %%
misconception = "The price is taken as the gap between validation and training loss; a gap costs nothing on new text."
loses = {"onset": 1}
says = "look at val_loss alone"

# %% tags=["answer"] labgpt={"id": "onset"}
best_epochs = short.tokens.iloc[short.val_loss.argmin()] // 16_384
price = short.val_loss.iloc[-1] - short.train_loss.iloc[-1]
