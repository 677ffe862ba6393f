# %%
misconception = "Bad looks are counted over the whole training, not in a row."
loses = {"stop": 2}
says = "afresh"

# %% tags=["answer"] labgpt={"id": "stop"}
def stop(losses, patience):
    best, bad = 1, 0
    for epoch, loss in enumerate(losses[1:], 2):
        if loss < losses[best - 1]:
            best = epoch
        else:
            bad += 1
        if bad == patience:
            return best, epoch
    return best, len(losses)
