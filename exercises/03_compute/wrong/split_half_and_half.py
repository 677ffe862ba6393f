# %%
misconception = "Weights and tokens are given equal numbers, whatever the law says."
loses = {"split": 2}
says = "as many weights as tokens"

# %% tags=["answer"] labgpt={"id": "split"}
def split(c, factor, law):
    n = factor * (c / 6) ** 0.5
    d = c / (6 * n)
    return n, d, law["E"] + law["A"] / n ** law["alpha"] + law["B"] / d ** law["beta"]
