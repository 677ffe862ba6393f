# %%
misconception = "More GPUs hold more: data parallel gives each of them all the weights."
loses = {"layout": 2}
says = "what every rank holds whole"

# %% tags=["answer"] labgpt={"id": "layout"}
strategy = "ddp"
seconds = cost.simulate("llama-2-70b", GPUS, "h100", strategy, batch=BATCH)["step_s"]
reason = "b"
