# %%
misconception = "n shared words anywhere are called a leak: common words make every page one."
loses = {"leak": 2}
says = "in a row"

# %% tags=["answer"] labgpt={"id": "leak"}
def leaks(pages, validation, n):
    known = set(" ".join(validation).lower().split())
    return [i for i, text in enumerate(pages) if len(set(text.lower().split()) & known) >= n]
