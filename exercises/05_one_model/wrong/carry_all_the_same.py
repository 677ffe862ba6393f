# %%
misconception = "All three rates are scaled alike; the embedding only looks a row up, and its best rate does not depend on the width."
loses = {"carry": 2}
says = "look-up"

# %% tags=["answer"] labgpt={"id": "carry"}
def carry(rates, from_width, to_width):
    return {role: rate * from_width / to_width for role, rate in rates.items()}
