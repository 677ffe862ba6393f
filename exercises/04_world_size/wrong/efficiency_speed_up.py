# %%
misconception = "The speed-up is given for the efficiency: it is not divided by W."
loses = {"efficiency": 2}
says = "what two perfect workers would do"

# %% tags=["answer"] labgpt={"id": "efficiency"}
def efficiency(measured, cores):
    one = {w: pace for w, pace in measured}[1]
    return [(w, pace / one) for w, pace in measured if w <= cores]
