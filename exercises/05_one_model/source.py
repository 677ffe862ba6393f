# %% [markdown]
# # Exercise 05: Scale, or bad tuning?
#
# Goes with notebook 05. **You will** carry learning rates from a small width to a large one, compute the share of a machine's
# peak that a training step reaches, read a critical batch size off measured runs, and judge whether a gain is more than chance.
#
# About 40 minutes, 8 points, difficulty ●●●○○.
#
# Write into the cells marked *your answer* and run the check below each. Only those cells are graded, each with what the
# unmarked cells define: put everything an answer needs into its own cell. A green check is no promise of points, because
# grading tries other inputs. The hints open one by one.

# %%
from labgpt.course import Lesson, check

table = Lesson("05_one_model").reference
tricks = table[table.group.str.startswith("trick-")]  # width 32 on Python source, three seeds each

# %% [markdown]
# ## 1 · Carry the rates over (2 points)
#
# Somebody tuned three learning rates at one width: of the hidden matrices, of the embedding and of the head. In the lesson's
# *scaled* parametrisation these rates stay the best ones at other widths once each is changed as its role asks.
#
# Write `carry(rates, from_width, to_width)`. `rates` is a dictionary with `matrix`, `embed` and `head`; return a new one for
# `to_width`.
#
# <details><summary>Hint 1</summary>Which of the three multiply a vector of `width` numbers, and which only looks a row up?</details>
# <details><summary>Hint 2</summary>A sum over twice as many numbers that all move the same way moves twice as far.</details>
# <details><summary>Hint 3</summary>Matrix and head go as 1/width; the embedding's rate stays.</details>

# %% tags=["answer"] labgpt={"id": "carry", "points": 2, "objective": 1, "blank": ["# your answer", "def carry(rates, from_width, to_width):", "    raise NotImplementedError(\"return {'matrix': …, 'embed': …, 'head': …}\")"]}
# your answer
def carry(rates, from_width, to_width):
    share = from_width / to_width
    return {"matrix": rates["matrix"] * share, "embed": rates["embed"], "head": rates["head"] * share}

# %% tags=["check"] labgpt={"id": "carry"}
mine = carry({"matrix": 0.02, "embed": 0.2, "head": 0.05}, 16, 16)
check.require(sorted(mine) == ["embed", "head", "matrix"], f"carry gives {sorted(mine)}: expected matrix, embed, head")
check.close(mine["matrix"], 0.02, "matrix of carry(…, 16, 16)", "", "the same width keeps its rates")
mine = carry({"matrix": 0.02, "embed": 0.2, "head": 0.05}, 16, 32)
check.require(mine["matrix"] < 0.02, f"matrix of carry(…, 16, 32) is {mine['matrix']:.3g}: expected less than 0.02; look at which way it goes")
check.passed()

# %% tags=["hidden"] labgpt={"id": "carry"}
# ruff: noqa: F821  (the grader brings ask, which gets a value from the learner's kernel, and award)
look = {"matrix": "as 1/width: its sums run over the width", "embed": "a look-up: the same at every width",
        "head": "as 1/width: its sums run over the width"}  # fmt: skip
for rates, a, b in [({"matrix": 0.02, "embed": 0.2, "head": 0.05}, 16, 128), ({"matrix": 0.004, "embed": 0.03, "head": 0.07}, 64, 24),
                    ({"matrix": 0.011, "embed": 0.5, "head": 0.002}, 48, 96)]:  # fmt: skip
    mine, call = ask("carry", rates, a, b), f"carry({rates}, {a}, {b})"
    check.require(type(mine) is dict and set(mine) == set(look), f"{call} is {check.shown(mine)}: expected a dictionary with matrix, embed, head")
    for role, why in look.items():
        truth = rates[role] * (1 if role == "embed" else a / b)
        check.close(mine[role], truth, f"{role} of {call}", "", why)

# %% [markdown]
# ## 2 · Share of the peak (2 points)
#
# A model with `n_layer` blocks of width `d_model` and N matmul weights trains on rows of `seq_len` tokens, `tokens_per_s` of
# them a second, on a core whose best matrix product runs at `peak` FLOPs a second.
#
# Write `mfu(n_matmul, n_layer, d_model, seq_len, tokens_per_s, peak)`: the share of the peak spent on the model's own
# arithmetic, as the lesson counts it.
#
# <details><summary>Hint 1</summary>A weight costs two FLOPs forwards. And backwards?</details>
# <details><summary>Hint 2</summary>A token compares itself with the (T + 1)/2 tokens it may see, on average, and then adds up as many values: 2 d FLOPs for each, both times, in each block.</details>
# <details><summary>Hint 3</summary>FLOPs a token = 6 N + 6 · n_layer · d_model · (seq_len + 1).</details>

# %% tags=["answer"] labgpt={"id": "mfu", "points": 2, "objective": 2, "blank": ["# your answer", "def mfu(n_matmul, n_layer, d_model, seq_len, tokens_per_s, peak):", "    raise NotImplementedError(\"return a number between 0 and 1\")"]}
# your answer
def mfu(n_matmul, n_layer, d_model, seq_len, tokens_per_s, peak):
    flops_per_token = 6 * n_matmul + 6 * n_layer * d_model * (seq_len + 1)
    return flops_per_token * tokens_per_s / peak

# %% tags=["check"] labgpt={"id": "mfu"}
one, two = mfu(1_000_000, 4, 128, 128, 10_000, 1e11), mfu(1_000_000, 4, 128, 128, 20_000, 1e11)
check.close(two / one, 2, "mfu at twice the pace, over mfu", "", "twice as many tokens a second are twice the share")
check.close(one, 6.4e10 / 1e11, "mfu(1_000_000, 4, 128, 128, 10_000, 1e11)", "", "forwards and backwards, weights and attention", relative=0.08)
check.passed()

# %% tags=["hidden"] labgpt={"id": "mfu"}
for n, layers, d, t, pace, peak in [(819_200, 4, 128, 128, 11_000, 1.7e11), (40_960, 2, 32, 512, 120_000, 1.7e11), (10_000, 6, 16, 1024, 9_000, 9e10)]:
    truth = (6 * n + 6 * layers * d * (t + 1)) * pace / peak
    check.close(ask("mfu", n, layers, d, t, pace, peak), truth, f"mfu({n}, {layers}, {d}, {t}, {pace}, {peak})", "",
                "6 FLOPs a weight (2 forwards, 4 backwards), and attention over the tokens that can be seen, half of all", relative=0.01)

# %% [markdown]
# ## 3 · The critical batch (2 points)
#
# How many tokens does it take to reach one and the same loss, with batches of different size? For small batches nearly the
# same number; for large ones, tokens grow in step with the batch, since the number of steps can fall no further. A formula
# between the two (McCandlish et al. 2018): `tokens = D_min · (1 + batch / B_crit)`.
#
# Write `critical_batch(batches, tokens)`: fit that straight line to all points by least squares, and return `B_crit`, in the
# unit of `batches`.
#
# <details><summary>Hint 1</summary>Written out, tokens = D_min + (D_min / B_crit) · batch: a straight line in batch.</details>
# <details><summary>Hint 2</summary>Its intercept is D_min. What is its slope?</details>
# <details><summary>Hint 3</summary>`slope, intercept = np.polyfit(batches, tokens, 1)`, and B_crit is intercept / slope.</details>

# %% tags=["answer"] labgpt={"id": "batch", "points": 2, "objective": 2, "blank": ["# your answer", "def critical_batch(batches, tokens):", "    raise NotImplementedError(\"return B_crit\")"]}
# your answer
import numpy as np


def critical_batch(batches, tokens):
    slope, intercept = np.polyfit(batches, tokens, 1)
    return float(intercept / slope)

# %% tags=["check"] labgpt={"id": "batch"}
exact = critical_batch([8, 32, 128], [100_000 * (1 + b / 64) for b in (8, 32, 128)])
check.close(exact, 64, "critical_batch of points that follow the formula with B_crit = 64", "sequences", "the batch at which twice D_min is needed", relative=1e-3)
check.passed()

# %% tags=["hidden"] labgpt={"id": "batch"}
import numpy

raw = numpy.random.Philox(key=505).random_raw(21).reshape(3, 7) >> numpy.uint64(40)
for truth, row in zip([40, 150, 700], (raw / 2**24).tolist()):
    batches = [8, 16, 32, 64, 128, 256, 512]
    tokens = [90_000 * (1 + b / truth) * (0.96 + 0.08 * u) for b, u in zip(batches, row)]
    slope, intercept = numpy.polyfit(batches, tokens, 1)
    check.close(ask("critical_batch", batches, tokens), float(intercept / slope), "critical_batch of seven other runs", "sequences",
                "the line tokens = D_min + (D_min / B_crit) · batch through all points", relative=1e-3)

# %% [markdown]
# ## 4 · Judge a gain (2 points)
#
# Two recipes were trained with the same seeds. Seeds shift both together, so look at the differences, seed by seed.
#
# Write `verdict(without, with_it)`: two lists of losses, one entry a seed, in the same order. Return `(low, high, word)`: the
# 95 % range of the mean difference `with_it − without`, in nats (mean ± t · s / √n, with s the standard deviation of the differences,
# n − 1 in its denominator, and t Student's quantile for n − 1 degrees of freedom), and `"gain"` if the whole range lies below
# zero, `"loss"` if it lies above, else `"unclear"`.
#
# <details><summary>Hint 1</summary>With three seeds t is 4.30, more than twice the 1.96 of very many.</details>
# <details><summary>Hint 2</summary>`scipy.stats.t.ppf(0.975, n - 1)` gives t; `np.std(x, ddof=1)` gives s.</details>
# <details><summary>Hint 3</summary>A lower loss is a gain: the difference is then negative.</details>

# %% tags=["answer"] labgpt={"id": "verdict", "points": 2, "objective": 3, "blank": ["# your answer", "def verdict(without, with_it):", "    raise NotImplementedError(\"return low, high, word\")"]}
# your answer
import numpy as np
from scipy.stats import t


def verdict(without, with_it):
    difference = np.array(with_it) - np.array(without)
    n = len(difference)
    half = t.ppf(0.975, n - 1) * difference.std(ddof=1) / np.sqrt(n)
    low, high = difference.mean() - half, difference.mean() + half
    return float(low), float(high), "gain" if high < 0 else "loss" if low > 0 else "unclear"

# %% tags=["check"] labgpt={"id": "verdict"}
low, high, word = verdict([2.0, 2.1, 2.2], [1.9, 2.0, 2.1])
check.require(low <= high, f"verdict gives {low:.3g} … {high:.3g}: expected low below high")
check.require(word == "gain", f"verdict says {check.shown(word)} where each seed gained exactly 0.1 nats: expected 'gain'; look at the differences seed by seed")
none = tricks[tricks.group == "trick-none"].sort_values("seed").val_loss.tolist()
for name in ("QK-norm", "no clipping"):
    other = tricks[tricks.group == f"trick-{name}"].sort_values("seed").val_loss.tolist()
    print(f"{name}: {verdict(none, other)}")
check.passed()

# %% tags=["hidden"] labgpt={"id": "verdict"}
import numpy
from scipy.stats import t as student

for without, with_it in [([2.0, 2.1, 2.05], [1.98, 2.09, 2.02]), ([1.9, 1.95, 2.2], [1.92, 1.99, 2.21]),
                         ([2.3, 2.31, 2.28, 2.33, 2.3], [2.29, 2.32, 2.26, 2.33, 2.27]), ([2.0, 2.01, 2.02], [1.99, 1.999, 2.0105])]:  # fmt: skip
    difference = numpy.array(with_it) - numpy.array(without)
    half = student.ppf(0.975, len(difference) - 1) * difference.std(ddof=1) / len(difference) ** 0.5
    ends, call = (difference.mean() - half, difference.mean() + half), f"verdict({without}, {with_it})"
    mine = ask("verdict", without, with_it)
    check.require(type(mine) in (tuple, list) and len(mine) == 3, f"{call} is {check.shown(mine)}: expected low, high and a word")
    look = "the differences seed by seed, s / √n, and Student's t for n − 1"
    for which, value, truth in zip(("low", "high"), mine, ends):
        check.close(value, truth, f"{which} of {call}", "nats", look, absolute=2e-4)
    word = "gain" if ends[1] < 0 else "loss" if ends[0] > 0 else "unclear"
    check.require(mine[2] == word, f"the word of {call} is {check.shown(mine[2])}: expected {word!r}; look at whether the range holds zero, and at which sign is a gain")
