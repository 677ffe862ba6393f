# %%
misconception = "The first row is taken for one worker, whatever its W."
loses = {"efficiency": 2}
says = "the first row is not W = 1"

# %% tags=["answer"] labgpt={"id": "efficiency"}
def efficiency(measured, cores):
    one = measured[0][1]
    return [(w, pace / (w * one)) for w, pace in measured if w <= cores]
