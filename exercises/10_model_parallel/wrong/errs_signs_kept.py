# %%
misconception = "Errors are averaged with their signs, so that too fast and too slow cancel."
loses = {"errs": 2}
says = "absolute errors"

# %% tags=["answer"] labgpt={"id": "errs"}
held = [row for row in scored if row["fit"] == 0]
mean_error = abs(sum(row["relative_error"] for row in held) / len(held))
worst_gpus = max(held, key=lambda row: abs(row["relative_error"]))["gpus"]
choice = "c"
