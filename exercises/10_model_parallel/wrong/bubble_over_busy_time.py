# %%
misconception = "The bubble is (p − 1) / m: that is idle over busy time, not a share of the whole."
loses = {"bubble": 2}
says = "of the whole time"

# %% tags=["answer"] labgpt={"id": "bubble"}
def least(stages, at_most):
    m = 1
    while (stages - 1) / m > at_most:
        m += 1
    return m
