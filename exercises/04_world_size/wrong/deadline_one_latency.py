# %%
misconception = "One latency is paid a step, as if the ring's messages went all at once."
loses = {"deadline": 2}
says = "once for each message"

# %% tags=["answer"] labgpt={"id": "deadline"}
def workers(steps, step_s, n_bytes, latency, bandwidth, deadline):
    time = {}
    for w, count in steps:
        ring = (latency if w > 1 else 0) + 2 * (w - 1) / w * n_bytes / bandwidth
        time[w] = count * (step_s + ring)
    return min((w for w in time if time[w] <= deadline), default=None), min(time, key=time.get)
