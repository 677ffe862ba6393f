# %%
misconception = "Days are multiplied with the price of an hour."
loses = {"price": 2}
says = "device-hours"

# %% tags=["answer"] labgpt={"id": "price"}
def price(n, tokens, gpus, peak, mfu, dollars_per_hour):
    days = 6 * n * tokens / (gpus * peak * mfu) / 86_400
    return days, days * gpus * dollars_per_hour
