# %%
misconception = "Size is blamed: large models exaggerate."
loses = {"who": 1}
says = "temperature 1"

# %% tags=["answer"] labgpt={"id": "who"}
who = "A"
