# %% [markdown]
# # Exercise 01: What do parameters buy and cost?
#
# Goes with notebook 01. **You will** count a model's parameters, measure how time grows with them, say why the loss curve
# bends, see where overfitting begins, and predict a loss before anybody has measured it.
#
# About 40 minutes, 10 points, difficulty ●●○○○.
#
# Write into the cells marked *your answer* and run the check below each. Only those cells are graded, each with what the
# unmarked cells define: put everything an answer needs into its own cell. A green check is no promise of points, because
# grading tries other inputs. The hints open one by one.

# %%
from labgpt.course import Lesson, check, sealed

SEED = drawn.integer("seed", 0, 2)  # each class has runs of its own
WIDTH = drawn.choice("width of short", [16, 32, 64])
table = Lesson("01_model_size").reference
table = table[table.seed == SEED]
runs = table[table.group == "sizes"].sort_values("n_matmul")  # six sizes, the same tokens for each
short = table[(table.group == "short") & (table.d_model == WIDTH)].sort_values("tokens")  # one size on 16,384 tokens

# %% [markdown]
# ## 1 · Count the parameters (2 points)
#
# Our GPT of width $d$ has a look-up table of $V \times d$ for the symbols that come in, `n_layer` blocks, and a head of
# $d \times V$ for the guess that goes out. A block holds six matrices without biases: Q, K, V and the attention's output,
# $d \times d$ each, and the MLP's two, $d \times 4d$ and $4d \times d$. The norms have no parameters.
#
# Write `count(vocab_size, d_model, n_layer)`. It returns a dictionary of whole numbers: `embedding`, `blocks`, `head`, and
# `N`, the weights that **multiply** for each token.
#
# <details><summary>Hint 1</summary>How many of the parts above do a multiplication, and how many only look something up?</details>
# <details><summary>Hint 2</summary>The four attention matrices have 4d² weights, the two of the MLP 8d².</details>
# <details><summary>Hint 3</summary>N is the blocks and the head. The embedding only copies a row.</details>

# %% tags=["answer"] labgpt={"id": "count", "points": 2, "objective": 1, "blank": ["# your answer", "def count(vocab_size, d_model, n_layer):", "    raise NotImplementedError(\"return {'embedding': …, 'blocks': …, 'head': …, 'N': …}\")"]}
# your answer
def count(vocab_size, d_model, n_layer):
    blocks = n_layer * (4 * d_model**2 + 8 * d_model**2)
    table = vocab_size * d_model
    return {"embedding": table, "blocks": blocks, "head": table, "N": blocks + table}

# %% tags=["check"] labgpt={"id": "count"}
mine = count(512, 16, 2)
check.require(sorted(mine) == ["N", "blocks", "embedding", "head"], f"count gives {sorted(mine)}: expected N, blocks, embedding, head")
check.close(mine["embedding"], 8192, "embedding of count(512, 16, 2)", "weights", "V × d")
check.close(mine["blocks"], 6144, "blocks of count(512, 16, 2)", "weights", "six matrices a block",
            slips={"the MLP's matrices are taken as d × d, but the MLP's are 4 d wide": 3072, "that is one block": 3072})
check.close(mine["head"], 8192, "head of count(512, 16, 2)", "weights", "d × V, a matrix of its own")
check.close(mine["N"], 14336, "N of count(512, 16, 2)", "weights", "what multiplies",
            slips={"the embedding is counted in N, but the embedding only looks up": 22528, "the head is left out of N, but the head does multiply": 6144})
check.passed()

# %% tags=["hidden"] labgpt={"id": "count"}
# ruff: noqa: F821  (the grader brings ask, which gets a value from the learner's kernel, award, and drawn, the class's numbers)
from labgpt import cost
from labgpt.spec import ModelConfig

others = [(drawn.integer(f"vocab {i}", 100, 4000), 8 * drawn.integer(f"width {i}", 2, 40), drawn.integer(f"depth {i}", 1, 12)) for i in range(3)]
for vocab_size, d_model, n_layer in [(512, 16, 2), *others]:
    truth = cost.parameters(ModelConfig(vocab_size, 64, n_layer, d_model))
    mine, call = ask("count", vocab_size, d_model, n_layer), f"count({vocab_size}, {d_model}, {n_layer})"
    check.require(type(mine) is dict and set(mine) == {"embedding", "blocks", "head", "N"},
                  f"{call} is {check.shown(mine)}: expected a dictionary with embedding, blocks, head, N")
    check.close(mine["embedding"], truth.embedding, f"embedding of {call}", "weights", "V × d")
    check.close(mine["blocks"], truth.nonembedding, f"blocks of {call}", "weights", "six matrices a block, n_layer blocks",
                slips={"the MLP's matrices are taken as d × d, but the MLP's are 4 d wide": truth.nonembedding / 2})
    check.close(mine["head"], truth.head, f"head of {call}", "weights", "d × V, a matrix of its own")
    check.close(mine["N"], truth.matmul, f"N of {call}", "weights", "what multiplies",
                slips={"the embedding is counted in N, but the embedding only looks up": truth.matmul + truth.embedding,
                       "the head is left out of N, but the head does multiply": truth.nonembedding})

# %% [markdown]
# ## 2 · How time grows (2 points)
#
# These were measured once, on one core: microseconds of training per token. If time went as $N^p$, the points would lie on a
# straight line of slope $p$ in a plot of $\ln(\text{time})$ against $\ln N$.
#
# Write `time_exponent(n, seconds)`: the slope of the straight line that fits all points best (least squares). It is called
# with any two lists of the same length, and returns one number.
#
# <details><summary>Hint 1</summary>Which of the two goes on the horizontal axis?</details>
# <details><summary>Hint 2</summary>A slope of two logarithms does not depend on their base, as long as both have the same.</details>
# <details><summary>Hint 3</summary>`np.polyfit(x, y, 1)[0]` is the slope of the best straight line.</details>

# %%
N = [14_336, 26_112, 53_248, 107_520, 229_376, 491_520]
MICROSECONDS = [5.11, 6.42, 10.94, 15.58, 26.45, 45.67]

# %% tags=["answer"] labgpt={"id": "time", "points": 2, "objective": 2, "blank": ["# your answer", "def time_exponent(n, seconds):", "    raise NotImplementedError(\"return the slope of ln(seconds) against ln(n)\")"]}
# your answer
import numpy as np


def time_exponent(n, seconds):
    return float(np.polyfit(np.log(n), np.log(seconds), 1)[0])

# %% tags=["check"] labgpt={"id": "time"}
line = time_exponent([1, 10, 100], [2, 20, 200])  # time in step with N
bases = "one axis has natural logarithms and the other decimal ones: take the same logarithm on both axes"
check.close(line, 1, "time_exponent of times in step with N", "", "logarithms on both axes", absolute=1e-6, slips={bases: 2.302585, bases + ".": 0.434294})
root = time_exponent([1, 4, 16], [3, 6, 12])  # four times N, twice the time
check.close(root, 0.5, "time_exponent of times that double at 4 × N", "", "logarithms on both axes", absolute=1e-6,
            slips={"the axes are swapped: take N on the horizontal one": 2})
print(f"time goes as N to the power {time_exponent(N, MICROSECONDS):.2f}: 4 × N takes {4 ** time_exponent(N, MICROSECONDS):.1f} × the time")
check.passed()

# %% tags=["hidden"] labgpt={"id": "time"}
import numpy

for i, power in enumerate([0.6, 0.85, 1.0, 1.3]):
    seconds = [(n / 1000) ** power * drawn.number(f"noise {i} {n}", 0.8, 1.2) for n in N]
    truth = float(numpy.polyfit(numpy.log(N), numpy.log(seconds), 1)[0])
    ends = float(numpy.log(seconds[-1] / seconds[0]) / numpy.log(N[-1] / N[0]))
    check.close(ask("time_exponent", N, seconds), truth, "time_exponent of six other times", "",
                "the best line through all points, the same logarithm on both axes, N on the horizontal one", absolute=1e-3,
                slips={"that is the line through the first and the last point: take the best line through all points": ends})

# %% [markdown]
# ## 3 · Why the curve bends (2 points)
#
# `runs` is the lesson's table: columns `d_model`, `n_matmul` (N), `tokens`, `val_loss`, and `bayes_loss`, the loss of the true
# distribution, which no model can beat. If the loss *above that floor* fell as a power law, $-\Delta\ln(\text{loss above the
# floor}) / \Delta\ln N$ would be the same between any two sizes.
#
# Compute it between the two widths in `SMALL` (`first`) and between the two in `LARGE` (`last`), given in the next cell. Then
# choose the explanation of the bend that your two numbers leave standing:
#
# - `"a"` The floor: with the floor taken off, the line is straight.
# - `"b"` The tokens: each size saw the same few tokens, and more parameters cannot learn what was never shown.
# - `"c"` The steps: larger models were trained for fewer steps.
# - `"d"` The counting: with the embedding counted in N, the line is straight.
#
# <details><summary>Hint 1</summary>Take the floor off before you take the logarithm.</details>
# <details><summary>Hint 2</summary>`runs.set_index("d_model").loc[SMALL]` has the two rows of `first`, the smaller width above.</details>
# <details><summary>Hint 3</summary>If `last` is well below `first`, the line bends although the floor is gone. What is the same for all sizes?</details>

# %%
SMALL = drawn.choice("small", [[16, 24], [16, 32]])  # widths, your class's
LARGE = drawn.choice("large", [[32, 96], [48, 96], [64, 96]])

# %% tags=["answer"] labgpt={"id": "bend", "points": 2, "objective": 2, "blank": ["# your answer", "raise NotImplementedError(\"compute first and last, then choose\")", "first = ...", "last = ...", "choice = \"\""]}
# your answer
import numpy as np

rows = runs.set_index("d_model")
above = np.log(rows.val_loss - rows.bayes_loss)
first, last = [-np.diff(above[pair])[0] / np.diff(np.log(rows.n_matmul[pair]))[0] for pair in (SMALL, LARGE)]
choice = "b"

# %% tags=["check"] labgpt={"id": "bend"}
check.number(first, "first")
check.number(last, "last")
check.one_of(choice, "abcd", "choice")
print(f"the exponent is {first:.3f} between widths {SMALL} and {last:.3f} between widths {LARGE}")
check.passed()

# %% tags=["hidden"] labgpt={"id": "bend"}
import numpy

rows = runs.set_index("d_model")
for name, pair in (("first", SMALL), ("last", LARGE)):
    n, loss, mine = numpy.log(rows.n_matmul[pair]), rows.val_loss[pair], check.number(ask(name), name)
    fall, kept = (float(-numpy.diff(numpy.log(y))[0] / numpy.diff(n)[0]) for y in (loss - rows.bayes_loss[pair], loss))
    said = f"the loss above the floor (val_loss − bayes_loss), between widths {pair[0]} and {pair[1]}, against n_matmul"
    if abs(mine - kept) <= 0.02 * abs(kept):
        said = "that is the slope of the whole loss, the floor included: take the logarithm of the loss above the floor"
    check.close(mine, fall, name, "", "this: " + said, relative=0.02)
letter = check.one_of(ask("choice"), "abcd", "choice")
kept = "your two numbers are right, but "
if letter == "a":
    award(1, kept + "they were computed with the floor taken off and still differ: look at what else is the same for all sizes")
elif letter == "c":
    award(1, kept + "every size saw the same tokens in the same batches: look at the column tokens")
elif letter == "d":
    award(1, kept + "counting the embedding moves the points sideways, the small ones most: look at whether the line is then straight")

# %% [markdown]
# ## 4 · Where overfitting begins (2 points)
#
# A model of width `WIDTH` was trained again and again on the same 16,384 tokens; an *epoch* is once through them. `short` is the
# lesson's table of it, one row for each length of training, shortest first: `tokens` seen in all, `train_loss` on the tokens
# it was trained on, `val_loss` on tokens it never saw, both in nats per token. Read off, or compute:
#
# - `best_epochs`: the number of epochs in the table that gives the best model for new text,
# - `price`: how many nats per token it costs, on new text, to train for the most epochs in the table instead.
#
# <details><summary>Hint 1</summary>Which of the two losses tells how the model does on text it has not seen?</details>
# <details><summary>Hint 2</summary>Epochs are tokens divided by 16,384. A row's position in the table is not a number of epochs.</details>
# <details><summary>Hint 3</summary>`price` is a difference of two validation losses: the last one and the lowest one.</details>

# %% tags=["answer"] labgpt={"id": "onset", "points": 2, "objective": 3, "blank": ["# your answer", "raise NotImplementedError(\"how many epochs, and how many nats per token\")", "best_epochs = ...", "price = ..."]}
# your answer
best = short.val_loss.argmin()
best_epochs = short.tokens.iloc[best] // 16_384
price = short.val_loss.iloc[-1] - short.val_loss.iloc[best]

# %% tags=["check"] labgpt={"id": "onset"}
epochs = (short.tokens // 16_384).tolist()
check.require(check.number(best_epochs, "best_epochs", "epochs") in epochs,
              f"best_epochs is {check.shown(best_epochs)}: expected one of {epochs}; look at tokens / 16,384, not at positions")
check.require(0 <= check.number(price, "price", "nats per token") < 9,
              f"price is {price:.3g} nats per token: expected 0 … 9; look at the sign")
check.passed()

# %% tags=["hidden"] labgpt={"id": "onset"}
best = short.val_loss.argmin()
check.close(ask("best_epochs"), int(short.tokens.iloc[best]) // 16_384, "best_epochs", "epochs", "the lowest loss on unseen tokens (val_loss)",
            slips={"that is the row's position in the table: look at epochs, not at positions": int(best),
                   "that has the lowest training loss: take the lowest loss on unseen tokens, val_loss": int(short.tokens.iloc[short.train_loss.argmin()]) // 16_384})
expected = float(short.val_loss.iloc[-1] - short.val_loss.iloc[best])
mine = check.number(ask("price"), "price", "nats per token")
if abs(mine - expected) > 0.002:
    said = "the last value and the lowest"
    if abs(mine - float(short.val_loss.iloc[-1] - short.train_loss.iloc[-1])) < 0.002:
        said = "that is its gap to the training loss, and a gap costs nothing on new text"
    award(1, f"best_epochs is right, but price is {mine:.4g}: expected {expected:.4g} nats per token; look at val_loss alone: {said}")

# %% [markdown]
# ## 5 · A sealed prediction (2 points)
#
# Your name draws a width that is not in the table, with a number of your class's, `KEY`. Predict the validation loss of that model, trained on as many tokens as
# those in `runs`: give a range from `low` to `high` that you would bet on nine times in ten. The model is trained when you
# are graded, not before. (You could train it yourself: then you measure, and learn nothing about predicting.)
#
# **Score** of a range, in nats per token, smaller is better: its width, plus 20 × the distance by which it misses. Up to 0.03
# gives 2 points, up to 0.06 gives 1 point, above that 0. So a range that is needlessly wide loses points too. Another seed
# alone moves these losses by about 0.002.
#
# <details><summary>Hint 1</summary>Between which two sizes of the table does your model's N lie?</details>
# <details><summary>Hint 2</summary>Between neighbours, take the loss as a straight line in ln N.</details>
# <details><summary>Hint 3</summary>`np.interp(np.log(my_n), np.log(runs.n_matmul), runs.val_loss)`, and about a hundredth on either side.</details>

# %%
KEY = drawn.integer("key", 1000, 9999)
WIDTHS = [20, 22, 26, 28, 30]  # n_layer is 2 for all of these

# %% tags=["answer"] labgpt={"id": "sealed", "points": 2, "objective": 2, "blank": ["# your answer", "name = \"\"  # yours", "width = sealed.draw(f\"{KEY} {name}\", WIDTHS)", "low = None  # nats per token", "high = None  # as long as one of them is None, the check waits"]}
# your answer
import numpy as np

name = "Ada"
width = sealed.draw(f"{KEY} {name}", WIDTHS)
my_n = 12 * 2 * width**2 + 512 * width
middle = np.interp(np.log(my_n), np.log(runs.n_matmul), runs.val_loss)
low, high = middle - 0.013, middle + 0.007  # between two sizes the curve sags below the straight line

# %% tags=["check"] labgpt={"id": "sealed"}
if low is None or high is None:
    print(f"no prediction yet: the model of width {width} waits for low and high, in nats per token")
else:
    check.require(bool(check.number(low, "low", "nats per token") < check.number(high, "high", "nats per token")),
                  f"low is {low}, high is {high}: expected low below high")
    print(f"width {width}: if the loss falls into your range, the score is {high - low:.3f}; 2 points up to 0.03, 1 point up to 0.06")
    check.passed()

# %% tags=["hidden"] labgpt={"id": "sealed"}
low, high = (check.number(ask(end), end, "nats per token") for end in ("low", "high"))
check.require(low < high, f"low is {low}, high is {high}: expected low below high")
width = sealed.draw(f"{KEY} {ask('name')}", WIDTHS)
measured = sealed.measure(width, int(runs.tokens.max()))
score = check.range_score(low, high, measured)
where = "inside" if low <= measured <= high else "outside"
said = f"width {width} reached {measured:.3f} nats per token, {where} your range {low:.3f} … {high:.3f}; score {score:.3f}"
if score > 0.03:
    look = "its width: it is wider than it need be" if where == "inside" else "the neighbouring sizes, in ln N: a line in N, or over all sizes, lies far off"
    award(1 if score <= 0.06 else 0, f"{said}, full points need at most 0.03; look at " + look)
else:
    award(2, said)
