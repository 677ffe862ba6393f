# %%
misconception = "The building's effect is taken from its overhead, PUE - 1, and not from all that it draws."
loses = {"effects": 2}
says = "PUE"

# %% tags=["answer"] labgpt={"id": "effects"}
def effects(first, second):
    drawn = [account["device_hours"] * account["watts"] for account in (first, second)]
    return {"devices": drawn[1] / drawn[0], "building": (second["pue"] - 1) / (first["pue"] - 1), "grid": second["grams"] / first["grams"]}
