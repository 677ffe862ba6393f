# %%
misconception = "Both groups count alike in the text: the few weigh as much as the many."
loses = {"price": 1}
says = "share of the text"

# %% tags=["answer"] labgpt={"id": "price"}
def change(before, after, share):
    found = {who: after[who] - before[who] for who in ("minority", "majority")}
    return found | {"text": (found["minority"] + found["majority"]) / 2}
