# %%
misconception = "Weighted by rows, but then divided by the number of workers."
loses = {"combine": 2}
says = "by the number of workers and not of rows"

# %% tags=["answer"] labgpt={"id": "combine"}
def combine(gradients, rows):
    return [sum(n * g for n, g in zip(rows, place)) / len(rows) for place in zip(*gradients)]
