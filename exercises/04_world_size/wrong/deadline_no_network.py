# %%
misconception = "The network is left out, so that the most workers are always the fastest."
loses = {"deadline": 2}
says = "look at the ring"

# %% tags=["answer"] labgpt={"id": "deadline"}
def workers(steps, step_s, n_bytes, latency, bandwidth, deadline):
    time = {w: count * step_s for w, count in steps}
    return min((w for w in time if time[w] <= deadline), default=None), min(time, key=time.get)
