# %%
misconception = "A model that fits its data well predicts well."
loses = {"errs": 1}
says = "the fit was bent towards the first"

# %% tags=["answer"] labgpt={"id": "errs"}
held = [row for row in scored if row["fit"] == 0]
mean_error = sum(abs(row["relative_error"]) for row in held) / len(held)
worst_gpus = max(held, key=lambda row: abs(row["relative_error"]))["gpus"]
choice = "a"
