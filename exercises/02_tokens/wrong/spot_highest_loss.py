# %%
misconception = "The highest loss is taken for the uncooled one, whatever its D."
loses = {"spot": 2}
says = "the highest loss, as the run on the fewest tokens"

# %% tags=["answer"] labgpt={"id": "spot"}
def spot(tokens, losses, floor):
    return tokens[losses.index(max(losses))]
