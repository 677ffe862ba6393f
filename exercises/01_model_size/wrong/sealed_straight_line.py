# %%
misconception = "A straight line in N from the smallest to the largest model: losses fall in ln N, most of the way at the beginning."
loses = {"sealed": 2}
says = "the neighbouring sizes, in ln N"

# %% tags=["answer"] labgpt={"id": "sealed"}
name = "Ada"
width = sealed.draw(f"{KEY} {name}", WIDTHS)
small, large = runs.iloc[0], runs.iloc[-1]
share = (12 * 2 * width**2 + 512 * width - small.n_matmul) / (large.n_matmul - small.n_matmul)
middle = small.val_loss + share * (large.val_loss - small.val_loss)
low, high = middle - 0.01, middle + 0.01
