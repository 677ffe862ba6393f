# %%
misconception = "The devices' effect is taken from their watts alone; a device of more watts may need far fewer hours."
loses = {"effects": 2}
says = "hours · watts"

# %% tags=["answer"] labgpt={"id": "effects"}
def effects(first, second):
    return {"devices": second["watts"] / first["watts"], "building": second["pue"] / first["pue"], "grid": second["grams"] / first["grams"]}
