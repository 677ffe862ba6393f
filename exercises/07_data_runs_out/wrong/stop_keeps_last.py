# %%
misconception = "The weights at the moment of stopping are taken for the best ones."
loses = {"stop": 2}
says = "not the best ones"

# %% tags=["answer"] labgpt={"id": "stop"}
def stop(losses, patience):
    best = 1
    for epoch, loss in enumerate(losses, 1):
        if loss < losses[best - 1]:
            best = epoch
        if epoch - best == patience:
            return epoch, epoch
    return best, len(losses)
