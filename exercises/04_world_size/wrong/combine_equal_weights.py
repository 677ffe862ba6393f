# %%
misconception = "Workers are averaged without weights, though their slices are uneven."
loses = {"combine": 2}
says = "as if their slices were equal"

# %% tags=["answer"] labgpt={"id": "combine"}
def combine(gradients, rows):
    return [sum(place) / len(place) for place in zip(*gradients)]
