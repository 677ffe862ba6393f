# %%
misconception = "FLOPs over peak: nobody reaches the peak, and the run takes two to three times as long."
loses = {"price": 2}
says = "share of the peak"

# %% tags=["answer"] labgpt={"id": "price"}
def price(n, tokens, gpus, peak, mfu, dollars_per_hour):
    seconds = 6 * n * tokens / (gpus * peak)
    return seconds / 86_400, seconds / 3600 * gpus * dollars_per_hour
