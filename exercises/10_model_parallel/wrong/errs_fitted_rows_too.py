# %%
misconception = "All rows count: the fitted ones make the simulator look better than it is."
loses = {"errs": 2}
says = "did not see alone"

# %% tags=["answer"] labgpt={"id": "errs"}
mean_error = sum(abs(row["relative_error"]) for row in scored) / len(scored)
worst_gpus = max(scored, key=lambda row: abs(row["relative_error"]))["gpus"]
choice = "c"
