# %%
misconception = "Whatever a model says, its data said: how it is sampled is forgotten."
loses = {"who": 1}
says = "temperature"

# %% tags=["answer"] labgpt={"id": "who"}
who = "C"
