# %%
misconception = "The lowest loss of all is kept, though training stopped before it."
loses = {"stop": 2}
says = "nobody saw it"

# %% tags=["answer"] labgpt={"id": "stop"}
def stop(losses, patience):
    best = 1
    for epoch, loss in enumerate(losses, 1):
        if loss < losses[best - 1]:
            best = epoch
        if epoch - best == patience:
            return losses.index(min(losses)) + 1, epoch
    return best, len(losses)
