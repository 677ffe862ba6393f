# %%
misconception = "The most workers that meet the deadline are taken, where the fewest were asked for."
loses = {"deadline": 1}
says = "the fewest workers that are there in time"

# %% tags=["answer"] labgpt={"id": "deadline"}
def workers(steps, step_s, n_bytes, latency, bandwidth, deadline):
    time = {}
    for w, count in steps:
        ring = 2 * (w - 1) * latency + 2 * (w - 1) / w * n_bytes / bandwidth
        time[w] = count * (step_s + ring)
    return max((w for w in time if time[w] <= deadline), default=None), min(time, key=time.get)
