# %%
misconception = "The first R repeats are worth as much as fresh text, those after them nothing."
loses = {"effective": 2}
says = "less than the one before"

# %% tags=["answer"] labgpt={"id": "effective"}
def effective(unique, epochs, R):
    return unique * (1 + min(epochs - 1, R))
