# %%
misconception = "The power β is not undone: B over what is left is taken for D itself."
loses = {"target": 2}
says = "undone by the power 1/β"

# %% tags=["answer"] labgpt={"id": "target"}
def tokens_for(target, n, law):
    left = target - law["E"] - law["A"] / n ** law["alpha"]
    return law["B"] / left if left > 0 else None
