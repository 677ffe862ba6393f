# %%
misconception = "A run that has read so many tokens is taken for worth as many: the point on the way is read as a shorter run."
loses = {"worth": 2}
says = "equal tokens do not give an equal loss"

# %% tags=["answer"] labgpt={"id": "worth"}
worth = AT
choice = "b"
