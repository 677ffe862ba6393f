# %%
misconception = "A worker's own step is divided by W although the batch has grown with W."
loses = {"deadline": 2}
says = "divided by W"

# %% tags=["answer"] labgpt={"id": "deadline"}
def workers(steps, step_s, n_bytes, latency, bandwidth, deadline):
    time = {}
    for w, count in steps:
        ring = 2 * (w - 1) * latency + 2 * (w - 1) / w * n_bytes / bandwidth
        time[w] = count * (step_s / w + ring)
    return min((w for w in time if time[w] <= deadline), default=None), min(time, key=time.get)
