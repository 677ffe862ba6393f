# %% [markdown]
# # Exercise 02: What do more tokens buy?
#
# Goes with notebook 02. **You will** say what a doubling of the tokens bought, work out how many tokens a loss needs, find the
# point that was not cooled, and compare models whose tokens differ.
#
# About 45 minutes, 10 points, difficulty ●●○○○.
#
# Write into the cells marked *your answer* and run the check below each. Only those cells are graded, each with what the
# unmarked cells define: put everything an answer needs into its own cell. A green check is no promise of points, because
# grading tries other inputs. The hints open one by one.

# %%
from labgpt.course import Lesson, check

SEED = drawn.integer("seed", 0, 2)  # each class has runs of its own
FIRST = drawn.choice("smallest budget", [131_072, 262_144])  # of question 1
LAST = drawn.choice("last budget", [1_048_576, 2_097_152])
table = Lesson("02_tokens").reference
tales_floor, floor = 0.80506192, 1.89296452  # nats per token, of tales and of lesson 01's language: the column bayes_loss
ours = table[table.seed == SEED].sort_values("tokens")[["group", "tokens", "val_loss"]]
asked = ours[(ours.group == "tales") & ours.tokens.between(FIRST, LAST)]
finished = ours[ours.group == "more"].reset_index(drop=True)  # lesson 01's language, cooled
trunk = ours[ours.group == "uncooled"].reset_index(drop=True)  # the same, read on the way

# %% [markdown]
# ## 1 · What a doubling bought (2 points)
#
# `asked` has finished runs of one model on tales: columns `tokens` and `val_loss`, in nats per token. From its smallest budget to its
# largest, compute
#
# - `nats`: how many nats per token a doubling bought, on average,
# - `share`: the share of the *excess* (the loss above `tales_floor`) that a doubling removed, had each removed the same share: a
#   number between 0 and 1.
#
# <details><summary>Hint 1</summary>How many times was D doubled between the first row and the last?</details>
# <details><summary>Hint 2</summary>A doubling that removes the share s leaves 1 − s of the excess, and the next one leaves 1 − s of that.</details>
# <details><summary>Hint 3</summary>(1 − share) to the power of the number of doublings is the last excess over the first.</details>

# %% tags=["answer"] labgpt={"id": "doubling", "points": 2, "objective": 1, "blank": ["# your answer", "raise NotImplementedError(\"how many nats a doubling, and which share of the excess\")", "nats = ...", "share = ..."]}
# your answer
import numpy as np

doublings = np.log2(asked.tokens.iloc[-1] / asked.tokens.iloc[0])
nats = (asked.val_loss.iloc[0] - asked.val_loss.iloc[-1]) / doublings
excess = asked.val_loss - tales_floor
share = 1 - (excess.iloc[-1] / excess.iloc[0]) ** (1 / doublings)

# %% tags=["check"] labgpt={"id": "doubling"}
check.require(0 < check.number(nats, "nats", "nats per token") < 0.5, f"nats is {nats:.3g} nats per token: expected above 0 and below 0.5; look at the sign")
check.require(0 < check.number(share, "share") < 1, f"share is {share:.3g}: expected between 0 and 1; look at whether it is a share, and at its sign")
print(f"a doubling bought {nats:.4f} nats per token, or {share:.0%} of the excess")
check.passed()

# %% tags=["hidden"] labgpt={"id": "doubling"}
# ruff: noqa: F821  (the grader brings ask, which gets a value from the learner's kernel, award, and drawn, the class's numbers)
first, last, k = asked.val_loss.iloc[0], asked.val_loss.iloc[-1], len(asked) - 1
buys, removes = (first - last) / k, 1 - ((last - tales_floor) / (first - tales_floor)) ** (1 / k)
mine, part = check.number(ask("nats"), "nats", "nats per token"), check.number(ask("share"), "share")
said = f"from the smallest budget to the largest D is doubled {k} times"
if abs(mine - (first - last)) < 2e-4:
    said = "that is what all doublings bought together, and there are several"
elif abs(mine - (first - last) / 2**k) < 2e-4:
    said = f"{2**k} times the tokens are not {2**k} doublings"
elif abs(mine - (first - last) / (k + 1)) < 2e-4:
    said = f"{k + 1} budgets have {k} doublings between them"
check.close(mine, buys, "nats", "nats per token", "this: " + said, relative=0.01)
if abs(part - removes) > 0.005:
    said = f"shares multiply: what {k} doublings leave of the excess is (1 − share) to the power {k}"
    if abs(part - (1 - (last / first) ** (1 / k))) < 0.004 or abs(part - (1 - last / first)) < 0.004:
        said = "that is a share of the whole loss: take the floor off first"
    elif abs(part - (1 - (last - tales_floor) / (first - tales_floor)) / k) < 0.005:
        said = f"the share removed by all {k} doublings was divided by {k}, but shares multiply: each takes from what the one before has left"
    award(1, f"nats is right, but share is {part:.3g}: expected {removes:.3g}; look at this: {said}")

# %% [markdown]
# ## 2 · Tokens for a target (2 points)
#
# A law L(N, D) = E + A/N^α + B/D^β is given as a dictionary with `E`, `A`, `alpha`, `B` and `beta`; below, the one that the lesson
# fitted to lesson 01's language.
#
# Write `tokens_for(target, n, law)`: on how many tokens a model of N = `n` has to be trained for its loss to come down to `target`.
# Return `None` where, by the law, no number of tokens is enough.
#
# <details><summary>Hint 1</summary>Which of the three terms do tokens change? What do the other two add up to?</details>
# <details><summary>Hint 2</summary>What is left for B/D^β is target − E − A/N^α. It has to be above 0.</details>
# <details><summary>Hint 3</summary>If B/D^β = r, then D = (B/r)^(1/β).</details>

# %%
LAW = {"E": 1.905, "A": 20121.522, "alpha": 1.325, "B": 5400.818, "beta": 0.886}

# %% tags=["answer"] labgpt={"id": "target", "points": 2, "objective": 1, "blank": ["# your answer", "def tokens_for(target, n, law):", "    raise NotImplementedError(\"return a number of tokens, or None\")"]}
# your answer
def tokens_for(target, n, law):
    left = target - law["E"] - law["A"] / n ** law["alpha"]
    return (law["B"] / left) ** (1 / law["beta"]) if left > 0 else None

# %% tags=["check"] labgpt={"id": "target"}
one, more = tokens_for(2.0, 53_248, LAW), tokens_for(1.95, 53_248, LAW)
check.require(check.number(one, "tokens_for(2.0, 53_248, LAW)", "tokens") > 1000, f"tokens_for(2.0, 53_248, LAW) is {one:.3g} tokens: expected thousands; look at the exponent")
check.require(check.number(more, "tokens_for(1.95, 53_248, LAW)", "tokens") > one, f"a loss of 1.95 takes {more:,.0f} tokens, 2.0 takes {one:,.0f}: expected more for the lower loss")
print(f"by the law, N = 53,248 comes down to 2.0 with {one:,.0f} tokens, to 1.95 with {more:,.0f}")
check.passed()

# %% tags=["hidden"] labgpt={"id": "target"}
text = {"E": 1.69, "A": 406.4, "alpha": 0.34, "B": 410.7, "beta": 0.28}
above = [drawn.number(f"above {i}", 0.02, 0.3) for i in range(4)]  # what tokens may leave, in nats
cases = [(round(law["E"] + law["A"] / n ** law["alpha"] + more, 4), n, law)
         for more, n, law in zip(above, [drawn.integer("n", 20_000, 90_000), 7e10, drawn.integer("large n", 3e8, 9e8), 229_376], [LAW, text, text, LAW])]  # fmt: skip
for target, n, law in cases:
    a, call = law["A"] / n ** law["alpha"], f"tokens_for({target}, {n:.6g}, {law})"
    truth = (law["B"] / (target - law["E"] - a)) ** (1 / law["beta"])
    mine = check.number(ask("tokens_for", target, n, law), call, "tokens")
    slips = {"A/N^α is left out: too few weights keep the loss up as well": (law["B"] / (target - law["E"])) ** (1 / law["beta"]),
             "E is left out: the floor cannot be removed": (law["B"] / (target - a)) ** (1 / law["beta"]),
             "the last step: a power β is undone by the power 1/β": law["B"] / (target - law["E"] - a)}  # fmt: skip
    said = next((s for s, value in slips.items() if abs(mine - value) < 1e-3 * value), "what is left for B/D^β once E and A/N^α are taken off")
    check.close(mine, truth, call, "tokens", "this: " + said, relative=1e-3)
for target, n, law in [(1.92, 14_336, LAW), (drawn.number("too low", 1.75, 2.0), 1e9, text), (drawn.number("below E", 1.2, 1.68), 7e10, text)]:
    try:
        mine = ask("tokens_for", target, n, law)
    except AssertionError:
        mine = "no number"
    if mine is not None:
        end = law["E"] + law["A"] / n ** law["alpha"]
        award(1, f"where a target can be reached you are right, but tokens_for({target}, {n:.6g}, …) is {check.shown(mine)}: expected None, for "
                 f"endless tokens leave {end:.4g} nats per token, E and A/N^α, and the target is below that")  # fmt: skip

# %% [markdown]
# ## 3 · The point that was not cooled (2 points)
#
# Somebody hands you losses of one model, in a language such as lesson 01's, at growing budgets, each twice the one before. One of
# them, neither the first nor the last, was read off a longer run on its way; the others are finished runs.
#
# Write `spot(tokens, losses, floor)`: two lists in order of growing D, and the floor. Return the number of tokens of the point
# that was not cooled. Finished runs lie nearly on a straight line in a plot of ln(loss above the floor) against ln D; the point
# you look for is the one that lies furthest above the straight line between its two neighbours.
#
# <details><summary>Hint 1</summary>Need the loss rise at such a point, or need it only fall less than it should?</details>
# <details><summary>Hint 2</summary>Budgets double, so a point's ln D lies midway between its neighbours': what is the line's height there?</details>
# <details><summary>Hint 3</summary>With y = ln(loss − floor): the largest y[i] − (y[i−1] + y[i+1]) / 2, for i from the second to the last but one.</details>

# %% tags=["answer"] labgpt={"id": "spot", "points": 2, "objective": 2, "blank": ["# your answer", "def spot(tokens, losses, floor):", "    raise NotImplementedError(\"return one of the numbers in tokens\")"]}
# your answer
import numpy as np


def spot(tokens, losses, floor):
    y = np.log(np.array(losses) - floor)
    above = y[1:-1] - (y[:-2] + y[2:]) / 2
    return tokens[1 + int(above.argmax())]

# %% tags=["check"] labgpt={"id": "spot"}
budgets = [50_000, 100_000, 200_000, 400_000, 800_000]
made_up = [2.4, 2.2, 2.21, 2.0, 1.95]
mine = spot(budgets, made_up, 1.9)
check.require(mine in budgets, f"spot gives {check.shown(mine)}: expected one of {budgets}; look at whether it returns tokens, not a position")
check.require(mine != 50_000, "spot gives 50,000, the highest loss, as the run on the fewest tokens should have: expected neither the first nor the last; look at points with two neighbours")
check.require(mine != 800_000, "spot gives 800,000, the last: expected neither the first nor the last; look at points with two neighbours")
check.passed()

# %% tags=["hidden"] labgpt={"id": "spot"}
import numpy

cases = []
for i, where in enumerate([262_144, 524_288, 1_048_576]):  # ours, one seed each
    rows = table[table.seed == drawn.integer(f"spot seed {i}", 0, 2)]
    losses = rows[rows.group == "more"].set_index("tokens").val_loss.sort_index()
    losses[where] = rows[(rows.group == "uncooled") & (rows.tokens == where)].val_loss.item()
    cases.append((losses.index.tolist(), losses.round(4).tolist(), floor, where))
for i, place in enumerate([2, 4]):  # made up: excess falls as a power, and one point is too high by about a sixth: it falls all the same
    low, power, tokens = drawn.number(f"floor {i}", 1.2, 2.2), drawn.number(f"power {i}", 0.4, 0.6), [drawn.integer(f"start {i}", 30, 90) * 1000]
    tokens += [tokens[0] * 2**j for j in range(1, 7)]
    losses = [low + 0.5 * 2 ** (-j * power) * drawn.number(f"spot {i} {j}", 0.99, 1.01) * (1.17 if j == place else 1) for j in range(7)]
    cases.append((tokens, [round(y, 4) for y in losses], low, tokens[place]))
for tokens, values, low, where in cases:
    mine = ask("spot", tokens, values, low)
    said = "how far each point lies above the straight line between its neighbours, in logarithms"
    if mine == tokens[1 + int(numpy.argmin(-numpy.diff(values)))]:
        said = "that is where the loss fell by the fewest nats, but every doubling buys fewer: compare with what its neighbours say, not with 0"
    elif mine is None:
        said = "the loss need not rise at such a point: it may only fall by less than it should"
    check.require(mine == where, f"spot({tokens}, {values}, {low}) is {check.shown(mine)}: expected {where} tokens; look at this: {said}")

# %% [markdown]
# ## 4 · What the trunk was worth (2 points)
#
# `trunk` has the lesson's long run in lesson 01's language, read on the way at four budgets; `finished` has runs that were cooled at
# those budgets.
#
# - `worth`: the number of tokens with which a *finished* run reaches the loss that the trunk showed at `AT` tokens. Read it off
#   between the rows of `finished`, with ln D against ln(loss above the floor).
# - `choice`: what explains the difference between `worth` and `AT`?
#   - `"a"` The trunk had stopped learning by about `worth` tokens.
#   - `"b"` The trunk's rate was still high: lowered from there on, the same run ends near the finished one.
#   - `"c"` The trunk had memorised its tokens.
#   - `"d"` A model of this size can use no more than about `worth` tokens.
#
# <details><summary>Hint 1</summary>Where did the finished runs of larger budgets come from? Look up what a branch is.</details>
# <details><summary>Hint 2</summary>Between which two rows of `finished` does the trunk's loss at `AT` lie?</details>
# <details><summary>Hint 3</summary>`np.exp(np.interp(-y, -Y, X))` with X = ln D and Y = ln(loss − floor) of `finished`: np.interp wants rising numbers, so both signs turn.</details>

# %%
AT = drawn.choice("read at", [262_144, 524_288, 1_048_576])  # tokens, your class's

# %% tags=["answer"] labgpt={"id": "worth", "points": 2, "objective": 2, "blank": ["# your answer", "raise NotImplementedError(\"how many tokens, and which explanation\")", "worth = ...", "choice = \"\""]}
# your answer
import numpy as np

shown = np.log(trunk.val_loss[trunk.tokens == AT].item() - floor)
worth = np.exp(np.interp(-shown, -np.log(finished.val_loss - floor), np.log(finished.tokens)))
choice = "b"

# %% tags=["check"] labgpt={"id": "worth"}
check.require(1000 < check.number(worth, "worth", "tokens") < 1e8, f"worth is {worth:.3g}: expected a number of tokens; look at whether it is still a logarithm")
check.one_of(choice, "abcd", "choice")
print(f"read on the way at {AT:,} tokens, the trunk was worth a finished run on {worth:,.0f}")
check.passed()

# %% tags=["hidden"] labgpt={"id": "worth"}
import numpy

heights, budgets = numpy.log(finished.val_loss - floor), numpy.log(finished.tokens)
shown = float(trunk.val_loss[trunk.tokens == AT].item())
truth = float(numpy.exp(numpy.interp(-numpy.log(shown - floor), -heights, budgets)))
mine = check.number(ask("worth"), "worth", "tokens")
said = f"the trunk's loss at {AT:,}, between the rows of finished on either side of it"
if mine <= 131_073 or mine >= 2_097_151:
    said = "that is the end of the table: np.interp wants numbers that rise, and losses fall"
elif abs(mine / AT - 1) < 1e-3:
    said = "equal tokens do not give an equal loss, as val_loss in both tables shows"
elif mine > AT:
    said = "that looks the finished loss up among the trunk's: which of the two runs was cooled?"
elif abs(mine / float(numpy.interp(-shown, -finished.val_loss, finished.tokens)) - 1) < 1e-3:
    said = "that is read off on plain axes: take the logarithms of D and of the loss above the floor"
check.close(mine, truth, "worth", "tokens", "this: " + said, relative=0.02)
letter, kept = check.one_of(ask("choice"), "abcd", "choice"), "worth is right, but "
if letter == "a":
    award(1, kept + "the trunk had not stopped learning: its branches, cooled later, end ever lower; look at finished at " + f"{AT:,}")
elif letter == "c":
    award(1, kept + "nothing was memorised: no token of this run came twice; look at what a branch does to the rate")
elif letter == "d":
    award(1, kept + "the size is the same in both tables, and finished goes on falling to 2,097,152 tokens; look at what a branch does to the rate")

# %% [markdown]
# ## 5 · Models with different tokens (2 points)
#
# Several models were tested on the same text, of `n_bytes` bytes. Each cuts it into tokens of its own.
#
# Write `compare(models, n_bytes)`: `models` is a dictionary from a name to `(loss, tokens)`, the loss in nats per token and the
# number of tokens that the text became. Return `(best, bits)`: the name of the model that predicts the text best, and a
# dictionary from each name to its bits per byte.
#
# <details><summary>Hint 1</summary>How many nats does a model pay for the *whole text*?</details>
# <details><summary>Hint 2</summary>1 nat = 1/ln 2 bits.</details>
# <details><summary>Hint 3</summary>bits per byte = loss · tokens / ln 2 / n_bytes. Fewer are better.</details>

# %% tags=["answer"] labgpt={"id": "compare", "points": 2, "objective": 3, "blank": ["# your answer", "def compare(models, n_bytes):", "    raise NotImplementedError(\"return best, {name: bits per byte}\")"]}
# your answer
import math


def compare(models, n_bytes):
    bits = {name: loss * tokens / math.log(2) / n_bytes for name, (loss, tokens) in models.items()}
    return min(bits, key=bits.get), bits

# %% tags=["check"] labgpt={"id": "compare"}
best, bits = compare({"only": (1.0, 600)}, 600)
check.require(best == "only" and set(bits) == {"only"}, f"compare gives {check.shown(best)} and {check.shown(bits)}: expected 'only' and its bits per byte")
check.require(1 < check.number(bits["only"], "bits of 'only'", "bits per byte") < 2, f"a loss of 1 nat per byte is {bits['only']:.3g} bits per byte: expected between 1 and 2; look at how nats become bits")
check.passed()

# %% tags=["hidden"] labgpt={"id": "compare"}
import math


def vary(name, loss, tokens):
    return name, (drawn.number(f"loss {name}", loss - 0.05, loss + 0.05), tokens + drawn.integer(f"tokens {name}", -200, 200))


for models, n_bytes in [(dict([vary("letters", 1.5, 9_000), vary("pieces", 3.2, 3_600)]), 9_300),
                        (dict([vary("small", 2.2, 50_000), vary("medium", 2.9, 31_000), vary("large", 4.6, 24_000)]), 120_000),
                        (dict([vary("words", 6.1, 1_900), vary("bytes", 1.3, 10_300)]), 10_600)]:  # fmt: skip
    call, mine = f"compare({models}, {n_bytes})", ask("compare", models, n_bytes)
    check.require(type(mine) in (tuple, list) and len(mine) == 2 and type(mine[1]) is dict and set(mine[1]) == set(models),
                  f"{call} is {check.shown(mine)}: expected a name and a dictionary of bits per byte")
    truth = {name: loss * tokens / math.log(2) / n_bytes for name, (loss, tokens) in models.items()}
    for name, (loss, tokens) in models.items():
        value = check.number(mine[1][name], f"bits of {name!r}", "bits per byte")
        slips = {"that is a byte's nats: divide by ln 2 for bits": loss * tokens / n_bytes,
                 "that is bits per token: a token stands for more than one byte": loss / math.log(2),
                 "that is multiplied with the bytes a token has: the loss of a token is to be spread over its bytes": loss / math.log(2) * n_bytes / tokens}  # fmt: skip
        said = next((s for s, slip in slips.items() if abs(value - slip) < 1e-6 * slip), "what the whole text costs, in bits, over its bytes")
        check.close(value, truth[name], f"bits of {name!r} in {call}", "bits per byte", "this: " + said, relative=1e-6)
    if mine[0] != min(truth, key=truth.get):
        lowest = min(models, key=lambda name: models[name][0])
        said = "that one has the lowest loss per token, but its tokens are shorter" if mine[0] == lowest else "fewer bits per byte are better"
        award(1, f"the bits are right, but best is {check.shown(mine[0])} in {call}: expected {min(truth, key=truth.get)!r}; look at this: {said}")
