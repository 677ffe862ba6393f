# %%
misconception = "Seconds are given for hours."
loses = {"hours": 2}
says = "that is seconds"

# %% tags=["answer"] labgpt={"id": "hours"}
def hours(c, run, cores, devices):
    answer = {name: c / (peak * share) for name, (peak, share) in devices.items()}
    return {"laptop": c / (cores * run["flops"] / run["seconds"])} | answer
