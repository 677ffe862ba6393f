# %%
misconception = "Whatever is slower on many GPUs is slower because of the network."
loses = {"layout": 1}
says = "computing hides it"

# %% tags=["answer"] labgpt={"id": "layout"}
best = cost.best("llama-2-70b", GPUS, "h100", BATCH)
strategy, seconds, reason = best["strategy"], best["step_s"], "a"
