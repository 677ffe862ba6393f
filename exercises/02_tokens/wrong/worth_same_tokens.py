# %%
misconception = "A run that has read 1,048,576 tokens is taken for worth 1,048,576 tokens: the point on the way is read as a shorter run."
loses = {"worth": 2}
says = "equal tokens do not give an equal loss"

# %% tags=["answer"] labgpt={"id": "worth"}
worth = trunk.tokens.iloc[-1]
choice = "b"
