# %%
misconception = "The exponents are exchanged: size is given α's share of the budget and tokens β's."
loses = {"split": 2}
says = "exponents of N and D are exchanged"

# %% tags=["answer"] labgpt={"id": "split"}
def split(c, factor, law):
    alpha, beta = law["alpha"], law["beta"]
    n = factor * (alpha * law["A"] / (beta * law["B"])) ** (1 / (alpha + beta)) * (c / 6) ** (alpha / (alpha + beta))
    d = c / (6 * n)
    return n, d, law["E"] + law["A"] / n**alpha + law["B"] / d**beta
