# %%
misconception = "Gradients are summed and not averaged: the all-reduce's sum is taken for the mean."
loses = {"combine": 2}
says = "added up and not averaged"

# %% tags=["answer"] labgpt={"id": "combine"}
def combine(gradients, rows):
    return [sum(place) for place in zip(*gradients)]
