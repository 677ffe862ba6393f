# %%
misconception = "A forecast is called right if any single seed falls into its range."
loses = {"judge": 2}
says = "a single seed does not decide"

# %% tags=["answer"] labgpt={"id": "judge"}
def judge(sealed, losses, floor):
    measured = sum(losses) / len(losses)
    off = sealed["predicted"] - measured
    return {"off": off, "of_excess": off / (measured - floor), "inside": any(sealed["low"] <= x <= sealed["high"] for x in losses)}
