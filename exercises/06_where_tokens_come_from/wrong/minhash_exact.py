# %%
misconception = "The exact index is worked out: right, but it needs both sets whole, which is what MinHash spares."
loses = {"minhash": 2}
says = "function by function"

# %% tags=["answer"] labgpt={"id": "minhash"}
def estimate(first, second, functions):
    return len(set(first) & set(second)) / len(set(first) | set(second))
