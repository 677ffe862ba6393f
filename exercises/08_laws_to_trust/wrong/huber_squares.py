# %%
misconception = "Least squares, as if nothing had gone wrong: the far points drag the line."
loses = {"huber": 2}
says = "how hard a far point pulls"

# %% tags=["answer"] labgpt={"id": "huber"}
import numpy as np


def huber_slope(x, y, delta):
    return float(np.polyfit(x, y, 1)[0])
