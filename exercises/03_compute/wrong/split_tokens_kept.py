# %%
misconception = "The larger model keeps the best size's tokens, as if size cost nothing."
loses = {"split": 2}
says = "what the larger model has left in tokens"

# %% tags=["answer"] labgpt={"id": "split"}
def split(c, factor, law):
    alpha, beta = law["alpha"], law["beta"]
    best = (alpha * law["A"] / (beta * law["B"])) ** (1 / (alpha + beta)) * (c / 6) ** (beta / (alpha + beta))
    n, d = factor * best, c / (6 * best)
    return n, d, law["E"] + law["A"] / n**alpha + law["B"] / d**beta
