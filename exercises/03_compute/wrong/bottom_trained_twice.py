# %%
misconception = "The best trained size is taken for the bottom of the valley."
loses = {"bottom": 2}
says = "the best trained size again"

# %% tags=["answer"] labgpt={"id": "bottom"}
def bottom(n, losses):
    best = n[losses.index(min(losses))]
    return best, best
