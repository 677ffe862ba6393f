# %%
misconception = "The miss is told as a share of the whole loss, most of which is floor: any forecast looks fine."
loses = {"judge": 2}
says = "a share of the whole loss"

# %% tags=["answer"] labgpt={"id": "judge"}
def judge(sealed, losses, floor):
    measured = sum(losses) / len(losses)
    off = sealed["predicted"] - measured
    return {"off": off, "of_excess": off / measured, "inside": sealed["low"] <= measured <= sealed["high"]}
