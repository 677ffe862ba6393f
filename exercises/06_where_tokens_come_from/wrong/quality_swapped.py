# %%
misconception = "The two are mixed up: precision is asked of what was kept, recall of what there was."
loses = {"quality": 2}
says = "no story is lost"

# %% tags=["answer"] labgpt={"id": "quality"}
def quality(is_story, kept):
    both = sum(s and k for s, k in zip(is_story, kept))
    return both / sum(is_story), both / sum(kept)
