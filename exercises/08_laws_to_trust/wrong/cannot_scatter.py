# %%
misconception = "Without repeated seeds nothing is said to be known of scatter; residuals about a smooth curve show it."
loses = {"cannot": 2}
says = "residuals"

# %% tags=["answer"] labgpt={"id": "cannot"}
cannot = "D"
