# %%
misconception = "What fits is good enough: FSDP alone fits, but pays with a second forward pass."
loses = {"layout": 2}
says = "look at smaller splits"

# %% tags=["answer"] labgpt={"id": "layout"}
strategy = "fsdp"
seconds = cost.simulate("llama-2-70b", GPUS, "h100", strategy, batch=BATCH)["step_s"]
reason = "b"
