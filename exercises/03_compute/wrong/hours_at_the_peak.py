# %%
misconception = "The data sheet's peak is taken for what training reaches."
loses = {"hours": 2}
says = "data sheet's peak"

# %% tags=["answer"] labgpt={"id": "hours"}
def hours(c, run, cores, devices):
    answer = {name: c / peak / 3600 for name, (peak, share) in devices.items()}
    return {"laptop": c / (cores * run["flops"] / run["seconds"]) / 3600} | answer
