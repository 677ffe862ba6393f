# %%
misconception = "The share of right answers is taken for precision: junk rightly left out counts for it."
loses = {"quality": 2}
says = "of the pages kept"

# %% tags=["answer"] labgpt={"id": "quality"}
def quality(is_story, kept):
    right = sum(s == k for s, k in zip(is_story, kept)) / len(kept)
    return right, sum(s and k for s, k in zip(is_story, kept)) / sum(is_story)
