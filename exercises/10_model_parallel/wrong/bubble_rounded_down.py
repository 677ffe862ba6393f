# %%
misconception = "The solution of an equation is rounded down, to just below what is asked for."
loses = {"bubble": 2}
says = "with one less"

# %% tags=["answer"] labgpt={"id": "bubble"}
def least(stages, at_most):
    return max(1, int((stages - 1) * (1 - at_most) / at_most))
