# %%
misconception = "One core's pace is taken for the laptop's."
loses = {"hours": 2}
says = "one core alone"

# %% tags=["answer"] labgpt={"id": "hours"}
def hours(c, run, cores, devices):
    answer = {name: c / (peak * share) / 3600 for name, (peak, share) in devices.items()}
    return {"laptop": c / (run["flops"] / run["seconds"]) / 3600} | answer
