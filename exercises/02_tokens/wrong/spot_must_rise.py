# %%
misconception = "Only a loss that rises is suspected; an uncooled point mostly just falls too little."
loses = {"spot": 2}
says = "need not rise"

# %% tags=["answer"] labgpt={"id": "spot"}
def spot(tokens, losses, floor):
    for i in range(1, len(tokens)):
        if losses[i] > losses[i - 1]:
            return tokens[i]
