# %%
misconception = "The small model's tokens a second are taken for the large one's, which has thousands of times the FLOPs a token."
loses = {"plan": 2}
says = "FLOPs over its seconds"

# %% tags=["answer"] labgpt={"id": "plan"}
pace = float(table[table.d_model == 64].tokens_per_s.median())
laptop_kwh = TOKENS * 1e9 / (2 * pace) * (2 * 15) / 3.6e6
most = "A"
because = "r"
