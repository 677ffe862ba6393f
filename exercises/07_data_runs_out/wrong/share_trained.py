# %%
misconception = "The best of the trained shares is taken for the best share."
loses = {"share": 2}
says = "between"

# %% tags=["answer"] labgpt={"id": "share"}
def best_share(shares, losses):
    return shares[list(losses).index(min(losses))]
