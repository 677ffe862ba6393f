# %%
misconception = "Only the hidden matrices are scaled; the head sums over the width as well."
loses = {"carry": 2}
says = "head"

# %% tags=["answer"] labgpt={"id": "carry"}
def carry(rates, from_width, to_width):
    return dict(rates, matrix=rates["matrix"] * from_width / to_width)
