# %%
misconception = "A range so wide that it cannot miss: safe, and worth nothing."
loses = {"sealed": 2}
says = "wider than it need be"

# %% tags=["answer"] labgpt={"id": "sealed"}
name = "Ada"
width = sealed.draw(f"{KEY} {name}", WIDTHS)
low, high = runs.val_loss.min() - 0.1, runs.val_loss.max() + 0.1
