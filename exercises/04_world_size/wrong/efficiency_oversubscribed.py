# %%
misconception = "Rows with more processes than cores are read as speeds."
loses = {"efficiency": 2}
says = "more processes than cores"

# %% tags=["answer"] labgpt={"id": "efficiency"}
def efficiency(measured, cores):
    one = {w: pace for w, pace in measured}[1]
    return [(w, pace / (w * one)) for w, pace in measured]
