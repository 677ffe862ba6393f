# %%
misconception = "1.96 is used with three seeds; the standard deviation of three is itself a guess, and Student's t pays for it."
loses = {"verdict": 2}
says = "Student"

# %% tags=["answer"] labgpt={"id": "verdict"}
import numpy as np


def verdict(without, with_it):
    difference = np.array(with_it) - np.array(without)
    half = 1.96 * difference.std(ddof=1) / np.sqrt(len(difference))
    low, high = difference.mean() - half, difference.mean() + half
    return float(low), float(high), "gain" if high < 0 else "loss" if low > 0 else "unclear"
