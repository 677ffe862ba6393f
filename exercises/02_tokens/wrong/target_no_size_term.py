# %%
misconception = "Tokens alone are held responsible for all that is above E; the term of the model's size stays whatever D is."
loses = {"target": 2}
says = "A/N^α is left out"

# %% tags=["answer"] labgpt={"id": "target"}
def tokens_for(target, n, law):
    left = target - law["E"]
    return (law["B"] / left) ** (1 / law["beta"]) if left > 0 else None
