# %%
misconception = "The factors lead from the second account to the first."
loses = {"effects": 2}
says = "the second's over the first's"

# %% tags=["answer"] labgpt={"id": "effects"}
def effects(first, second):
    drawn = [account["device_hours"] * account["watts"] for account in (first, second)]
    return {"devices": drawn[0] / drawn[1], "building": first["pue"] / second["pue"], "grid": first["grams"] / second["grams"]}
