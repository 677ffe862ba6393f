# %%
misconception = "k − n runs instead of k − n + 1: the last run of every text is never looked at."
loses = {"leak": 2}
says = "expected"

# %% tags=["answer"] labgpt={"id": "leak"}
def leaks(pages, validation, n):
    def runs_of(text):
        words = text.lower().split()
        return {tuple(words[i : i + n]) for i in range(len(words) - n)}

    known = set().union(*(runs_of(text) for text in validation))
    return [i for i, text in enumerate(pages) if runs_of(text) & known]
