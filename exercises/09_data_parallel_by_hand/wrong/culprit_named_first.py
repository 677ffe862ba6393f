# %%
misconception = "The rank that the first message names after 'but' is to blame."
loses = {"culprit": 2}
says = "rank 0 may be to blame"

# %% tags=["answer"] labgpt={"id": "culprit"}
import re


def culprit(messages):
    for message in messages:
        if found := re.search(r"Ranks (\d+) failed to pass", message):
            return int(found[1])
    return int(re.search(r"but Rank (\d+)", messages[0])[1])
