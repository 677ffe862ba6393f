# %%
misconception = "The best seed of each is compared: the luckier recipe wins."
loses = {"verdict": 2}
says = "seed by seed"

# %% tags=["answer"] labgpt={"id": "verdict"}
def verdict(without, with_it):
    best = min(with_it) - min(without)
    return best, best, "gain" if best < 0 else "loss"
