# %%
misconception = "Averaging gradients makes weights equal, whatever the ranks started with."
loses = {"mend": 2}
says = "before the first step"

# %% tags=["answer"] labgpt={"id": "mend"}
import random


def train(x, y, world_size, steps, rate):
    weights = [random.Random(rank).uniform(-1, 1) for rank in range(world_size)]
    for _ in range(steps):
        total = 0.0
        for rank in range(world_size):
            total += sum(2 * (weights[rank] * x[i] - y[i]) * x[i] for i in range(rank, len(x), world_size))
        weights = [weight - rate * total / len(x) for weight in weights]
    return weights
