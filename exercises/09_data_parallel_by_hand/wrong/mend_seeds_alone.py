# %%
misconception = "Equal first weights are all that a data parallel run needs."
loses = {"mend": 2}
says = "the mean of their means"

# %% tags=["answer"] labgpt={"id": "mend"}
import random


def train(x, y, world_size, steps, rate):
    weights = [random.Random(0).uniform(-1, 1) for _ in range(world_size)]
    for _ in range(steps):
        gradients = []
        for rank in range(world_size):
            mine = range(rank, len(x), world_size)
            gradients.append(sum(2 * (weights[rank] * x[i] - y[i]) * x[i] for i in mine) / len(mine))
        mean = sum(gradients) / world_size
        weights = [weight - rate * mean for weight in weights]
    return weights
