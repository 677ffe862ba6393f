# %%
misconception = "The weights of the training are taken for the text's: the text did not change."
loses = {"price": 1}
says = "not of the training"

# %% tags=["answer"] labgpt={"id": "price"}
def change(before, after, share):
    found = {who: after[who] - before[who] for who in ("minority", "majority")}
    return found | {"text": 3 * share * found["minority"] + (1 - 3 * share) * found["majority"]}
