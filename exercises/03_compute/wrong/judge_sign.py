# %%
misconception = "Measured − predicted: a forecast that was too high seems too low."
loses = {"judge": 2}
says = "the other sign"

# %% tags=["answer"] labgpt={"id": "judge"}
def judge(sealed, losses, floor):
    measured = sum(losses) / len(losses)
    off = measured - sealed["predicted"]
    return {"off": off, "of_excess": off / (measured - floor), "inside": sealed["low"] <= measured <= sealed["high"]}
