# %%
misconception = "Any loss is thought to be within reach of enough tokens, even one below what this size leaves for ever."
loses = {"target": 1}
says = "expected None"

# %% tags=["answer"] labgpt={"id": "target"}
def tokens_for(target, n, law):
    left = abs(target - law["E"] - law["A"] / n ** law["alpha"])
    return (law["B"] / left) ** (1 / law["beta"])
