# %%
misconception = "Only shapes can differ."
loses = {"culprit": 2}
says = "the operations, where all shapes are alike"

# %% tags=["answer"] labgpt={"id": "culprit"}
import re


def culprit(messages):
    for message in messages:
        if found := re.search(r"Ranks (\d+) failed to pass", message):
            return int(found[1])
    own = [re.search(r"TensorShape=\[(.*?)\]", message)[1] for message in messages]
    return next((rank for rank, at in enumerate(own) if own.count(at) == 1), 0)
