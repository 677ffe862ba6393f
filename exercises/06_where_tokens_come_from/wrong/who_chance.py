# %%
misconception = "Differences are put down to chance without asking how large chance is."
loses = {"who": 1}
says = "chance moves"

# %% tags=["answer"] labgpt={"id": "who"}
who = "D"
