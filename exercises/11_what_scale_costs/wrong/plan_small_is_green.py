# %%
misconception = "A laptop draws little and Sweden's grid is clean, so the cluster in Poland is taken for the dirtiest plan; the laptop runs for decades."
loses = {"plan": 1}
says = "joules a FLOP"

# %% tags=["answer"] labgpt={"id": "plan"}
runs = table[table.d_model == 64]
pace = float((runs.flops / runs.seconds).median())
laptop_kwh = C / (2 * pace) * (2 * 15) / 3.6e6
most = "C"
because = "q"
