# %%
misconception = "The two signatures are compared as sets: minima of different functions are taken for each other's."
loses = {"minhash": 2}
says = "function by function"

# %% tags=["answer"] labgpt={"id": "minhash"}
def estimate(first, second, functions):
    a, b = ({min((a * x + b) % 2_147_483_647 for x in items) for a, b in functions} for items in (first, second))
    return len(a & b) / len(a | b)
