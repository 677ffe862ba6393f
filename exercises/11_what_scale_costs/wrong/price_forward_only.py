# %%
misconception = "Only the forward pass is paid for: 2 FLOPs a weight and token."
loses = {"price": 2}
says = "6 FLOPs a weight"

# %% tags=["answer"] labgpt={"id": "price"}
def price(n, tokens, gpus, peak, mfu, dollars_per_hour):
    seconds = 2 * n * tokens / (gpus * peak * mfu)
    return seconds / 86_400, seconds / 3600 * gpus * dollars_per_hour
