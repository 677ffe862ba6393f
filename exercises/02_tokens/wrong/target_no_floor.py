# %%
misconception = "The floor is forgotten, as if enough tokens could bring the loss to nothing."
loses = {"target": 2}
says = "E is left out"

# %% tags=["answer"] labgpt={"id": "target"}
def tokens_for(target, n, law):
    left = target - law["A"] / n ** law["alpha"]
    return (law["B"] / left) ** (1 / law["beta"]) if left > 0 else None
