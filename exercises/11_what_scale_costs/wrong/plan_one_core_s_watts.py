# %%
misconception = "Two cores share the time, but only one is charged with watts."
loses = {"plan": 2}
says = "both cores' watts"

# %% tags=["answer"] labgpt={"id": "plan"}
runs = table[table.d_model == 64]
pace = float((runs.flops / runs.seconds).median())
laptop_kwh = C / (2 * pace) * 15 / 3.6e6
most = "A"
because = "r"
