# %%
misconception = "Rates are scaled by the square root of the width, as if what a sum moves by added up at random; the weights' moves agree."
loses = {"carry": 2}
says = "1/width"

# %% tags=["answer"] labgpt={"id": "carry"}
def carry(rates, from_width, to_width):
    share = (from_width / to_width) ** 0.5
    return {"matrix": rates["matrix"] * share, "embed": rates["embed"], "head": rates["head"] * share}
