# %%
misconception = "The lowest training loss: the model that has learned its 16,384 tokens by heart."
loses = {"onset": 2}
says = "the lowest loss on unseen tokens"

# %% tags=["answer"] labgpt={"id": "onset"}
best_epochs = short.tokens.iloc[short.train_loss.argmin()] // 16_384
price = short.val_loss.iloc[-1] - short.val_loss.min()
