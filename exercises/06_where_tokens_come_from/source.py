# %% [markdown]
# # Exercise 06: What is in the data, and who is missing?
#
# Goes with notebook 06. **You will** find near-duplicates with MinHash, find a leak, count precision and recall, price labels,
# put a range on a bias, and say what a mitigation costs whom.
#
# About 50 minutes, 11 points, difficulty ●●●○○.
#
# Write into the cells marked *your answer* and run the check below each. Only those cells are graded, each with what the
# unmarked cells define: put everything an answer needs into its own cell. A green check is no promise of points, because
# grading tries other inputs. The hints open one by one.

# %%
from labgpt.course import Lesson, check
from labgpt.studies import bias

lesson = Lesson("06_where_tokens_come_from")
runs = bias.table(lesson.reference, lesson.store)  # three seeds each; share, loss_minority, loss_majority

# %% [markdown]
# ## 1 · MinHash (2 points)
#
# Two pages are two sets of whole numbers (hashes of their word runs), here lists in which each number stands once. A hash function of the family is given by two numbers
# `(a, b)` and maps `x` to `(a * x + b) % 2_147_483_647`. The smallest value that a function takes on a set is that set's MinHash
# under it.
#
# Write `estimate(first, second, functions)`: the MinHash estimate of the Jaccard index of the two sets, where `functions` is a
# list of pairs `(a, b)`.
#
# <details><summary>Hint 1</summary>One number for each function and set: `min((a * x + b) % 2_147_483_647 for x in first)`.</details>
# <details><summary>Hint 2</summary>Under one function, how likely do both sets have the same smallest value?</details>
# <details><summary>Hint 3</summary>The estimate is the share of functions under which the two smallest values are equal.</details>

# %% tags=["answer"] labgpt={"id": "minhash", "points": 2, "objective": 1, "blank": ["# your answer", "def estimate(first, second, functions):", "    raise NotImplementedError(\"return a number between 0 and 1\")"]}
# your answer
def estimate(first, second, functions):
    def signature(items):
        return [min((a * x + b) % 2_147_483_647 for x in items) for a, b in functions]

    pairs = list(zip(signature(first), signature(second)))
    return sum(x == y for x, y in pairs) / len(pairs)

# %% tags=["check"] labgpt={"id": "minhash"}
family = [(2 * k + 1, 977 * k + 13) for k in range(1, 60)]
check.close(estimate([1, 2, 3], [3, 2, 1], family), 1, "estimate of two equal sets", "", "equal sets have equal minima")
check.close(estimate([1, 2, 3], [40, 50, 60], family), 0, "estimate of two sets with nothing in common", "", "minima of different numbers")
check.passed()

# %% tags=["hidden"] labgpt={"id": "minhash"}
# ruff: noqa: F821  (the grader brings ask, which gets a value from the learner's kernel, award, and drawn, the class's numbers)
import numpy

prime, raw = 2_147_483_647, numpy.random.Philox(key=drawn.integer("hashes", 1, 10**6)).random_raw(400) >> numpy.uint64(34)
numbers = [int(v) for v in raw]
for cut, size in ((30, 60), (45, 60), (10, 50)):
    functions = [(2 * numbers[100 + i] + 1, numbers[200 + i]) for i in range(64)]
    first, second = sorted(set(numbers[:size])), sorted(set(numbers[size - cut : 2 * size - cut]))
    minima = [[min((a * x + b) % prime for x in items) for a, b in functions] for items in (first, second)]
    truth = sum(x == y for x, y in zip(*minima)) / len(functions)
    check.close(ask("estimate", first, second, functions), truth, f"estimate of two sets of {size} that share {cut}, 64 functions", "",
                "the share of functions under which the two smallest values are equal, function by function", absolute=1e-9)

# %% [markdown]
# ## 2 · Find the leak (2 points)
#
# Write `leaks(pages, validation, n)`: the numbers (from 0, rising) of the texts in `pages` that have `n` words in a row, in the
# same order, in common with any text in `validation`. Words are what `text.split()` gives, in lower case.
#
# <details><summary>Hint 1</summary>A text of k words has k − n + 1 runs of n words: do not lose the last.</details>
# <details><summary>Hint 2</summary>Make one set of all runs of the validation texts, as tuples: a look-up is then at once.</details>
# <details><summary>Hint 3</summary>`{tuple(words[i : i + n]) for i in range(len(words) - n + 1)}`</details>

# %% tags=["answer"] labgpt={"id": "leak", "points": 2, "objective": 1, "blank": ["# your answer", "def leaks(pages, validation, n):", "    raise NotImplementedError(\"return a list of numbers, such as [0, 3]\")"]}
# your answer
def leaks(pages, validation, n):
    def runs_of(text):
        words = text.lower().split()
        return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}

    known = set().union(*(runs_of(text) for text in validation))
    return [number for number, text in enumerate(pages) if runs_of(text) & known]

# %% tags=["check"] labgpt={"id": "leak"}
mine = leaks(["the cat sat on a mat", "no leak here at all"], ["she said: the cat sat on a chair"], 4)
check.require(list(mine) == [0], f"leaks finds {mine}: expected [0]; 'the cat sat on' stands in both")
check.require(list(leaks(["a b c"], ["d e f"], 2)) == [], "leaks finds something where nothing is shared: expected []")
check.passed()

# %% tags=["hidden"] labgpt={"id": "leak"}
def shuffled(label, items):
    return sorted(items, key=lambda item: drawn.integer(f"{label} {item}", 0, 10**9))


pool = "river bread window seven lamp garden horse winter button music cloud paper"
one, two, three, four, five, six, seven, eight, nine, *_ = shuffled("word", pool.split())
pages = shuffled("page", [f"{one.title()} {two} {three} {four} {five}", f"{five} {four} {three} {two} {one}", f"{one} {two.upper()} {three}",
                          f"{six} {two} {three} {seven}", f"{three} {four} {five}", f"{one} {two}", f"{two} {three} {four}"])  # fmt: skip
for validation, n, look in [
    ([f"{eight} {one} {two} {three}"], 3, "words in a row and in the same order"),
    ([f"{five} {three} {one} {two} {four}"], 3, "words in a row: the same words apart, or in another order, are no leak"),
    ([f"{nine} {three} {four} {five}", f"{six} {two} {three}"], 3, "the last run of a text, and every validation text"),
    ([f"{one} {two}"], 2, "capitals, which do not count"),
]:
    known = [f" {' '.join(text.split()[i : i + n])} " for text in validation for i in range(len(text.split()) - n + 1)]
    truth = [number for number, text in enumerate(pages) if any(run in f" {text.lower()} " for run in known)]
    mine = ask("leaks", pages, validation, n)
    check.require(type(mine) in (list, tuple) and list(mine) == truth,
                  f"leaks(pages, {validation}, {n}) is {check.shown(mine)}: expected {truth}; look at {look}")

# %% [markdown]
# ## 3 · Precision and recall (2 points)
#
# Write `quality(is_story, kept)`: two lists of 0 and 1, one entry a page, whether it is a story and whether the classifier keeps
# it. Return `(precision, recall)`.
#
# <details><summary>Hint 1</summary>Both have the same numerator: pages that are stories and were kept.</details>
# <details><summary>Hint 2</summary>Precision asks about the pages kept, recall about the stories.</details>
# <details><summary>Hint 3</summary>Divide by `sum(kept)`, and by `sum(is_story)`.</details>

# %% tags=["answer"] labgpt={"id": "quality", "points": 2, "objective": 2, "blank": ["# your answer", "def quality(is_story, kept):", "    raise NotImplementedError(\"return precision, recall\")"]}
# your answer
def quality(is_story, kept):
    both = sum(s and k for s, k in zip(is_story, kept))
    return both / sum(kept), both / sum(is_story)

# %% tags=["check"] labgpt={"id": "quality"}
precision, recall = quality([1, 1, 0, 0], [1, 1, 0, 0])
check.close(precision, 1, "precision of a classifier without a mistake")
check.close(recall, 1, "recall of a classifier without a mistake")
precision, recall = quality([1, 1, 1, 0], [1, 1, 1, 1])
check.close(recall, 1, "recall of keeping everything", "", "no story is lost; precision asks of the pages kept, recall of the stories")
check.passed()

# %% tags=["hidden"] labgpt={"id": "quality"}
cases = []
for i, most_kept in enumerate((False, True, False)):  # few kept, or more kept than there are stories, but never as many
    stories, junk = drawn.integer(f"stories {i}", 4, 9), drawn.integer(f"junk {i}", 4, 9)
    hits, slips = (stories, drawn.integer(f"slips {i}", 1, junk - 1)) if most_kept else (drawn.integer(f"hits {i}", 1, stories - 2), 1)
    pages = [(1, int(k < hits)) for k in range(stories)] + [(0, int(k < slips)) for k in range(junk)]
    order = sorted(range(stories + junk), key=lambda k: drawn.integer(f"page {i} {k}", 0, 10**9))
    cases.append(([pages[k][0] for k in order], [pages[k][1] for k in order]))
for is_story, kept in cases:
    both, call = sum(s * k for s, k in zip(is_story, kept)), f"quality({is_story}, {kept})"
    mine = ask("quality", is_story, kept)
    check.require(type(mine) in (tuple, list) and len(mine) == 2, f"{call} is {check.shown(mine)}: expected precision and recall")
    check.close(mine[0], both / sum(kept), f"precision of {call}", "", "of the pages kept, how many are stories", absolute=1e-9)
    check.close(mine[1], both / sum(is_story), f"recall of {call}", "", "of the stories, how many are kept", absolute=1e-9)

# %% [markdown]
# ## 4 · Labels for .9 (1 point)
#
# Classifiers were trained from several draws of 20, 80 and 320 labels. Between two numbers of labels, let mean precision rise in
# a straight line over the *logarithm* of the number.
#
# Write `labels_for(target, labels, precisions)`: `labels` such as `[20, 80, 320]`, `precisions` a list of lists, the draws of
# each. Return the number of labels (not rounded) at which the mean precision reaches `target`, which lies between the first and
# the last mean.
#
# <details><summary>Hint 1</summary>First one mean a number of labels; the best draw is luck.</details>
# <details><summary>Hint 2</summary>`np.interp(target, means, np.log(labels))` goes backwards from precision to labels; then undo the logarithm.</details>
# <details><summary>Hint 3</summary>`np.exp` undoes it.</details>

# %% tags=["answer"] labgpt={"id": "labels", "points": 1, "objective": 2, "blank": ["# your answer", "def labels_for(target, labels, precisions):", "    raise NotImplementedError(\"return a number of labels\")"]}
# your answer
import numpy as np


def labels_for(target, labels, precisions):
    means = [np.mean(draws) for draws in precisions]
    return float(np.exp(np.interp(target, means, np.log(labels))))

# %% tags=["check"] labgpt={"id": "labels"}
check.close(labels_for(0.8, [20, 80], [[0.7, 0.7], [0.8, 0.8]]), 80, "labels_for(0.8, …) where 80 labels give .8", "labels", relative=1e-6)
check.passed()

# %% tags=["hidden"] labgpt={"id": "labels"}
import numpy

cases = []
for i, (labels, middles) in enumerate((([20, 80, 320], (0.72, 0.84, 0.95)), ([10, 100], (0.65, 0.85)), ([5, 50, 500], (0.55, 0.62, 0.8)))):
    draws = [[round(middle + sign * drawn.number(f"draw {i} {middle} {sign}", 0.01, 0.05), 4) for sign in (-1, 1, 0.2)] for middle in middles]
    low, high = (float(numpy.mean(draws[k])) for k in (-2, -1))
    cases.append((round(low + drawn.number(f"target {i}", 0.2, 0.8) * (high - low), 4), labels, draws))
for target, labels, precisions in cases:
    truth = float(numpy.exp(numpy.interp(target, [numpy.mean(p) for p in precisions], numpy.log(labels))))
    check.close(ask("labels_for", target, labels, precisions), truth, f"labels_for({target}, {labels}, {precisions})", "labels",
                "the mean over draws, and a straight line over the logarithm of labels", relative=1e-3)

# %% [markdown]
# ## 5 · A bias and its range (2 points)
#
# The same model was trained with several seeds; each gives the share (0 to 1) of stories with the trade's pronoun. The text's
# own share is known.
#
# Write `bias_range(shares, truth)`. Return `(bias, low, high)` in percentage *points*: the mean share minus the truth, and the 95 % range
# of it over seeds (mean ± t · s / √n, s with n − 1 in its denominator, t Student's quantile for n − 1 degrees of freedom).
#
# <details><summary>Hint 1</summary>Above the truth: a positive bias, the model exaggerates.</details>
# <details><summary>Hint 2</summary>`scipy.stats.t.ppf(0.975, n - 1)`; `np.std(x, ddof=1)`.</details>
# <details><summary>Hint 3</summary>A share of .93 against .90 is +3 points, not +3.3 %.</details>

# %% tags=["answer"] labgpt={"id": "bias", "points": 2, "objective": 3, "blank": ["# your answer", "def bias_range(shares, truth):", "    raise NotImplementedError(\"return bias, low, high\")"]}
# your answer
import numpy as np
from scipy.stats import t


def bias_range(shares, truth):
    points = 100 * (np.array(shares) - truth)
    half = t.ppf(0.975, len(points) - 1) * points.std(ddof=1) / len(points) ** 0.5
    return float(points.mean()), float(points.mean() - half), float(points.mean() + half)

# %% tags=["check"] labgpt={"id": "bias"}
middle, low, high = bias_range([0.92, 0.93, 0.94], 0.9)
check.close(middle, 3, "bias of shares .92, .93, .94 against .90", "points", "share minus truth, in points and not in per cent of it", absolute=1e-6)
check.require(low < middle < high, f"bias_range gives {low:.3g}, {high:.3g} around {middle:.3g}: expected low below and high above")
for n, shares in runs[runs.group == "sizes"].groupby("n_matmul")["share"]:
    print(f"N {n:,}: %.1f points, %.1f … %.1f" % bias_range(shares.tolist(), 0.9))
check.passed()

# %% tags=["hidden"] labgpt={"id": "bias"}
from scipy.stats import t as student

cases = []
for i, (seeds, sign) in enumerate(((3, 1), (4, -1), (2, -1))):
    truth = drawn.number(f"truth {i}", 0.6, 0.8)
    cases.append(([round(truth + sign * 0.06 + (-1) ** k * drawn.number(f"share {i} {k}", 0.005, 0.03), 4) for k in range(seeds)], truth))
for shares, truth in cases:
    points = [100 * (share - truth) for share in shares]
    mean, n = sum(points) / len(points), len(points)
    half = student.ppf(0.975, n - 1) * (sum((p - mean) ** 2 for p in points) / (n - 1)) ** 0.5 / n**0.5
    mine, call = ask("bias_range", shares, truth), f"bias_range({shares}, {truth})"
    check.require(type(mine) in (tuple, list) and len(mine) == 3, f"{call} is {check.shown(mine)}: expected bias, low, high")
    for which, value, right in zip(("bias", "low", "high"), mine, (mean, mean - half, mean + half)):
        check.close(value, right, f"{which} of {call}", "points", "share minus truth, s / √n with n − 1, and Student's t", absolute=0.02)

# %% [markdown]
# ## 6 · The price of reweighting (1 point)
#
# Trained on the text as it is, a model has loss `before = {"minority": …, "majority": …}` in nats a token; trained with the
# minority's stories (new ones) three times as often, `after`. In the text, the minority has the share `share` of the tokens.
#
# Write `change(before, after, share)`: a dictionary with the change of loss for the `minority`, for the `majority`, and for
# the `text` as it is, a token of it drawn at random. Negative: better.
#
# <details><summary>Hint 1</summary>A change is after minus before.</details>
# <details><summary>Hint 2</summary>A token of the text is the minority's with probability `share`, however the training was weighted.</details>
# <details><summary>Hint 3</summary>`share` times the minority's change, and `1 - share` times the majority's.</details>

# %% tags=["answer"] labgpt={"id": "price", "points": 1, "objective": 3, "blank": ["# your answer", "def change(before, after, share):", "    raise NotImplementedError(\"return {'minority': …, 'majority': …, 'text': …}\")"]}
# your answer
def change(before, after, share):
    found = {who: after[who] - before[who] for who in ("minority", "majority")}
    return found | {"text": share * found["minority"] + (1 - share) * found["majority"]}

# %% tags=["check"] labgpt={"id": "price"}
means = runs[runs.d_model == 32].groupby("group")[["loss_minority", "loss_majority"]].mean()
before, after = ({"minority": means.loc[g, "loss_minority"], "majority": means.loc[g, "loss_majority"]} for g in ("sizes", "dialect-0.3"))
mine = change(before, after, 0.1)
check.require(sorted(mine) == ["majority", "minority", "text"], f"change gives {sorted(mine)}: expected minority, majority, text")
print({who: round(float(nats), 3) for who, nats in mine.items()})
check.passed()

# %% tags=["hidden"] labgpt={"id": "price"}
cases = []
for i, most in enumerate((0.15, 0.3)):
    before = {"minority": drawn.number(f"minority {i}", 1.4, 2.2), "majority": drawn.number(f"majority {i}", 1.1, 1.35)}
    after = {"minority": round(before["minority"] - drawn.number(f"better {i}", 0.1, 0.5), 4), "majority": round(before["majority"] + drawn.number(f"worse {i}", 0.02, 0.08), 4)}
    cases.append((before, after, drawn.number(f"share of {i}", 0.05, most)))
for before, after, share in cases:
    mine, call = ask("change", before, after, share), f"change({before}, {after}, {share})"
    check.require(type(mine) is dict and {"minority", "majority", "text"} <= set(mine), f"{call} is {check.shown(mine)}: expected a dictionary with three numbers")
    moved = {who: after[who] - before[who] for who in before}
    truth = moved | {"text": share * moved["minority"] + (1 - share) * moved["majority"]}
    look = {"minority": "after minus before", "majority": "after minus before", "text": "the minority's share of the text, not of the training"}
    for who, right in truth.items():
        check.close(mine[who], right, f"{who} of {call}", "nats", look[who], absolute=1e-6)

# %% [markdown]
# ## 7 · Who is it? (1 point)
#
# A text says *she* of a baker in 90 of 100 stories. A large model, well trained on it, wrote 1,000 stories about bakers with a
# sampler at temperature .5: *she* in 988. What do the lesson's runs say?
#
# - **A** The model is too large: smaller ones of the same training would have been nearer to 90 at that temperature.
# - **B** The model learned about 90; the temperature made 988 of it. At temperature 1 it would write about 900.
# - **C** The cleaning removed the other stories: the model learned 98.8.
# - **D** Ten points are within chance of 1,000 stories.
#
# Set `who` to one letter.
#
# <details><summary>Hint 1</summary>At temperature T, chances are raised to the power 1/T and brought back to a sum of 1.</details>
# <details><summary>Hint 2</summary>.9² against .1².</details>
# <details><summary>Hint 3</summary>.81 / (.81 + .01)</details>

# %% tags=["answer"] labgpt={"id": "who", "points": 1, "objective": 3, "blank": ["# your answer", "who = None"]}
# your answer
who = "B"

# %% tags=["check"] labgpt={"id": "who"}
check.one_of(who, "ABCD", "who")
check.passed()

# %% tags=["hidden"] labgpt={"id": "who"}
letter = check.one_of(ask("who"), "ABCD", "who")
why = {"A": "small models had not learned the association at all: look at their share at temperature 1",
       "C": ".9² / (.9² + .1²) is .988: look at what the temperature does to 90",
       "D": "chance moves 1,000 stories by about 2 points: look at √(.9 · .1 / 1000)"}  # fmt: skip
check.require(letter == "B", f"who is {letter!r}: {why.get(letter, '')}")
