# %%
misconception = "The slope from the first to the last point, as if the points between them said nothing."
loses = {"time": 2}
says = "the best line through all points"

# %% tags=["answer"] labgpt={"id": "time"}
import math


def time_exponent(n, seconds):
    return math.log(seconds[-1] / seconds[0]) / math.log(n[-1] / n[0])
