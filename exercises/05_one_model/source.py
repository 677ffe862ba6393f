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
# ruff: noqa: F821  (the grader brings ask, which gets a value from the learner's kernel, award, and drawn, the class's numbers)
look = {"matrix": "1/width: its sums run over the width", "embed": "what it does, a look-up: the same at every width",
        "head": "1/width: its sums run over the width"}  # fmt: skip
cases = [({role: drawn.number(f"{role} {i}", 0.002, 0.5) for role in look}, 8 * drawn.integer(f"from {i}", 2, 8), 8 * drawn.integer(f"to {i}", *to))
         for i, to in enumerate([(10, 32), (1, 1), (12, 40)])]  # fmt: skip
for rates, a, b in cases:
    mine, call = ask("carry", rates, a, b), f"carry({rates}, {a}, {b})"
    check.require(type(mine) is dict and set(mine) == set(look), f"{call} is {check.shown(mine)}: expected a dictionary with matrix, embed, head")
    for role, why in look.items():
        truth = rates[role] * (1 if role == "embed" else a / b)
        slips = {"embed": {"it is scaled as the matrices are; it is a look-up, and its rate the same at every width": rates[role] * a / b},
                 "head": {"it was kept; the head's sums run over the width too, so its rate goes as 1/width": rates[role]}}.get(role, {})  # fmt: skip
        rooted = {"that goes as the root of the width; the parts of a sum all move the same way, so it is 1/width": rates[role] * (a / b) ** 0.5}
        check.close(mine[role], truth, f"{role} of {call}", "", why, relative=1e-9, slips=slips | rooted)

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
check.close(one, 6.4e10 / 1e11, "mfu(1_000_000, 4, 128, 128, 10_000, 1e11)", "", "weights and attention", relative=0.08,
            slips={"only the way forwards is counted; backwards costs twice as much again": 0.2133})
check.passed()

# %% tags=["hidden"] labgpt={"id": "mfu"}
cases = [(drawn.integer(f"n {i}", low, 2 * low), drawn.integer(f"depth {i}", 2, 6), 8 * drawn.integer(f"width {i}", 2, 8), t + drawn.integer(f"row {i}", 0, 90),
          drawn.integer(f"pace {i}", 9_000, 40_000), drawn.number(f"peak {i}", 9, 20) * 1e10)
         for i, (low, t) in enumerate([(400_000, 128), (40_000, 512), (10_000, 1024)])]  # fmt: skip
for n, layers, d, t, pace, peak in cases:
    truth = (6 * n + 6 * layers * d * (t + 1)) * pace / peak
    check.close(ask("mfu", n, layers, d, t, pace, peak), truth, f"mfu({n}, {layers}, {d}, {t}, {pace}, {peak})", "",
                "6 FLOPs a weight (2 forwards, 4 backwards), and attention", relative=0.01,
                slips={"attention is left out": 6 * n * pace / peak,
                       "a token is counted as seeing the whole row; it sees those before it, half of all on average": (6 * n + 12 * layers * d * t) * pace / peak})

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
check.close(exact, 64, "critical_batch of points that follow the formula with B_crit = 64", "sequences", "the line's intercept, D_min, and its slope, D_min / B_crit", relative=1e-3,
            slips={"that is slope over intercept: one over the batch at which twice D_min is needed": 1 / 64,
                   "that is the batch that needed the fewest tokens; B_crit is the one at which twice D_min is needed": 8})
check.passed()

# %% tags=["hidden"] labgpt={"id": "batch"}
import numpy

for truth in (40, 150, 700):
    batches = [8, 16, 32, 64, 128, 256, 512]
    tokens = [drawn.integer(f"least {truth}", 50_000, 120_000) * (1 + b / truth) * drawn.number(f"noise {truth} {b}", 0.96, 1.04) for b in batches]
    slope, intercept = numpy.polyfit(batches, tokens, 1)
    check.close(ask("critical_batch", batches, tokens), float(intercept / slope), "critical_batch of seven other runs", "sequences",
                "the line tokens = D_min + (D_min / B_crit) · batch through all points", relative=1e-3,
                slips={"that is the line through the first and the last point: take all points": tokens[0] * (512 - 8) / (tokens[-1] - tokens[0]) - 8})

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

cases = []
for i, (gain, noise, seeds) in enumerate([(-0.02, 0.008, 3), (0.02, 0.008, 3), (-0.015, 0.012, 5), (-0.01, 0.0005, 3)]):
    without = [drawn.number(f"without {i} {j}", 1.9, 2.3) for j in range(seeds)]
    cases.append((without, [round(y + gain + drawn.number(f"with {i} {j}", -noise, noise), 4) for j, y in enumerate(without)]))
for without, with_it in cases:
    difference = numpy.array(with_it) - numpy.array(without)
    half = student.ppf(0.975, len(difference) - 1) * difference.std(ddof=1) / len(difference) ** 0.5
    ends, call = (difference.mean() - half, difference.mean() + half), f"verdict({without}, {with_it})"
    mine = ask("verdict", without, with_it)
    check.require(type(mine) in (tuple, list) and len(mine) == 3, f"{call} is {check.shown(mine)}: expected low, high and a word")
    spread = half * 1.96 / student.ppf(0.975, len(difference) - 1)
    apart = half / difference.std(ddof=1) * (numpy.var(without, ddof=1) + numpy.var(with_it, ddof=1)) ** 0.5
    lucky = {"the best seed of each is compared; look at the differences seed by seed": min(with_it) - min(without)} if mine[0] == mine[1] else {}
    for which, value, truth, sign in zip(("low", "high"), mine, ends, (-1, 1)):
        check.close(value, truth, f"{which} of {call}", "nats", "the differences seed by seed, s / √n, and Student's t for n − 1", absolute=2e-4,
                    slips=lucky | {"1.96 is right for very many seeds; for these few take Student's t": difference.mean() + sign * spread,
                                   "the lists are compared as if they had no seeds in common; take the differences seed by seed": difference.mean() + sign * apart})
    word = "gain" if ends[1] < 0 else "loss" if ends[0] > 0 else "unclear"
    check.require(mine[2] == word, f"the word of {call} is {check.shown(mine[2])}: expected {word!r}; look at whether the range holds zero, and at which sign is a gain")
