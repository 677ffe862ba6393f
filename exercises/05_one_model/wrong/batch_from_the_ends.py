# %%
misconception = "The line is drawn through the first and the last point alone; the noise of two runs is then all in the answer."
loses = {"batch": 2}
says = "all points"

# %% tags=["answer"] labgpt={"id": "batch"}
def critical_batch(batches, tokens):
    slope = (tokens[-1] - tokens[0]) / (batches[-1] - batches[0])
    return (tokens[0] - slope * batches[0]) / slope
