# %%
misconception = "The luckiest seed is taken for what was measured."
loses = {"judge": 2}
says = "the best seed was taken"

# %% tags=["answer"] labgpt={"id": "judge"}
def judge(sealed, losses, floor):
    measured = min(losses)
    off = sealed["predicted"] - measured
    return {"off": off, "of_excess": off / (measured - floor), "inside": sealed["low"] <= measured <= sealed["high"]}
