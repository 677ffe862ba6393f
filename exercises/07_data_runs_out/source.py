# %% [markdown]
# # Exercise 07: How far do repeats go?
#
# Goes with notebook 07. **You will** say what repeated tokens are worth, stop a training early, decide between taking copies out
# and buying text, choose a mixture weight, and say what noise costs.
#
# About 50 minutes, 11 points, difficulty ●●●○○.
#
# Write into the cells marked *your answer* and run the check below each. Only those cells are graded, each with what the
# unmarked cells define: put everything an answer needs into its own cell. A green check is no promise of points, because
# grading tries other inputs. The hints open one by one.

# %%
from labgpt.course import Lesson, check

table = Lesson("07_data_runs_out").reference  # width 32 on zipf-markov, three seeds
floor = 1.89296452  # nats per token: the column bayes_loss of these runs
runs = Lesson("02_tokens").reference  # the same model on fresh tokens: its group "more"
fresh = runs[runs.group == "more"].groupby("tokens", as_index=False)[["val_loss"]].mean()

# %% [markdown]
# ## 1 · What repeated tokens are worth (2 points)
#
# In the law of Muennighoff et al. (2023), U different tokens read D/U times are worth D' = U + U · R · (1 − exp(−r/R)) fresh ones.
# r counts the *repeats*, the readings after the first; R says how many repeats count.
#
# Write `effective(unique, epochs, R)`: D', for U = `unique` tokens read `epochs` times.
#
# <details><summary>Hint 1</summary>A text read once is worth all of its tokens, whatever R is.</details>
# <details><summary>Hint 2</summary>Read 4 times, it is repeated 3 times.</details>
# <details><summary>Hint 3</summary>`unique * (1 + R * (1 - math.exp(-(epochs - 1) / R)))`</details>

# %% tags=["answer"] labgpt={"id": "effective", "points": 2, "objective": 1, "blank": ["# your answer", "def effective(unique, epochs, R):", "    raise NotImplementedError(\"return a number of fresh tokens\")"]}
# your answer
import math


def effective(unique, epochs, R):
    return unique * (1 + R * (1 - math.exp(-(epochs - 1) / R)))

# %% tags=["check"] labgpt={"id": "effective"}
mine = effective(65_536, 8, 15.4)
check.require(65_536 < check.number(mine, "effective(65_536, 8, 15.4)", "tokens") <= 8 * 65_536, f"effective(65_536, 8, 15.4) is {mine:,.0f} tokens: expected more than one reading is worth, and no more than eight")
print(f"65,536 tokens read 8 times, R = 15.4: worth {mine:,.0f} fresh ones")
check.passed()

# %% tags=["hidden"] labgpt={"id": "effective"}
# ruff: noqa: F821  (the grader brings ask, which gets a value from the learner's kernel, award, and drawn, the class's numbers)
import math

cases = [(drawn.integer(f"unique {i}", 20_000, 900_000), drawn.integer(f"epochs {i}", *epochs), drawn.number(f"R {i}", *r))
         for i, (epochs, r) in enumerate([((1, 1), (2.0, 6.0)), ((3, 6), (2.0, 6.0)), ((12, 20), (8.0, 16.0)), ((30, 60), (3.0, 9.0))])]  # fmt: skip
for u, epochs, r in [*cases, (drawn.integer("unique", 1, 9) * 10**6, drawn.number("epochs", 2.1, 2.9), drawn.number("R", 0.5, 0.9))]:
    call, mine = f"effective({u:g}, {epochs}, {r})", check.number(ask("effective", u, epochs, r), "effective", "tokens")
    slips = {"the first reading is no repeat: r = epochs − 1": u * (1 + r * (1 - math.exp(-epochs / r))),
             "the first reading counts in full, beside what the repeats add: U + …": u * r * (1 - math.exp(-(epochs - 1) / r)),
             "each repeat is worth less than the one before, not all of them the same until R": u * (1 + min(epochs - 1, r))}  # fmt: skip
    said = next((s for s, value in slips.items() if abs(mine - value) < 1e-6 * u), "U for the first reading, and R (1 − exp(−r/R)) times U for the r = epochs − 1 repeats")
    check.close(mine, u * (1 + r * (1 - math.exp(-(epochs - 1) / r))), call, "tokens", "this: " + said, relative=1e-6)

# %% [markdown]
# ## 2 · Stop early (2 points)
#
# A training at a steady learning rate looks at its validation loss once an epoch, and keeps a copy of the weights at the lowest loss so far. It stops as soon
# as `patience` looks in a row have brought no new lowest loss.
#
# Write `stop(losses, patience)`: `losses` has the validation loss after epoch 1, 2, 3, …, as it would go without stopping. Return
# `(kept, stopped)`: the epoch whose weights are kept, and the epoch after which training stops (the last, where nothing stops it).
#
# <details><summary>Hint 1</summary>What do you have to remember from look to look? Two numbers are enough.</details>
# <details><summary>Hint 2</summary>A look that brings a new lowest loss sets the count of bad looks back to none.</details>
# <details><summary>Hint 3</summary>Stop at the first epoch with `epoch - kept == patience`. Losses after that were never seen.</details>

# %% tags=["answer"] labgpt={"id": "stop", "points": 2, "objective": 2, "blank": ["# your answer", "def stop(losses, patience):", "    raise NotImplementedError(\"return kept, stopped\")"]}
# your answer
def stop(losses, patience):
    kept = 1
    for epoch, loss in enumerate(losses, 1):
        if loss < losses[kept - 1]:
            kept = epoch
        if epoch - kept == patience:
            return kept, epoch
    return kept, len(losses)

# %% tags=["check"] labgpt={"id": "stop"}
mine = stop([3.0, 2.5, 2.2, 2.1], 2)
check.require(tuple(mine) == (4, 4), f"stop([3.0, 2.5, 2.2, 2.1], 2) is {check.shown(mine)}: expected (4, 4), for the loss falls all the way")
check.passed()

# %% tags=["hidden"] labgpt={"id": "stop"}
def looked(label, looks):
    """Losses, one a look: v a new lowest, ^ above the lowest so far, = as low as it."""
    losses = [drawn.number(f"{label} first", 3.0, 3.6)]
    for i, look in enumerate(looks):
        lowest, far = min(losses), drawn.number(f"{label} {i}", 0.02, 0.2)
        losses.append(round(lowest + {"v": -far, "^": far, "=": 0.0}[look], 3))
    return losses


p, q, down = drawn.integer("patience", 2, 4), drawn.integer("other patience", 2, 4), drawn.integer("falls", 1, 4)
cases = [("v" * down + "^" * (p + 1), p, down + 1, down + 1 + p),  # kept and stopped, counted from 1
         ("v" + ("^" * (q - 1) + "v") * 2 + "^" * (q + 1), q, 2 + 2 * q, 2 + 3 * q),
         ("^v" + "^" * p + "v", p, 3, 3 + p), ("^" * down, down + 2, 1, down + 1), ("=" * q + "v", q, 1, q + 1)]  # fmt: skip
for i, (looks, patience, kept, stopped) in enumerate(cases):
    losses = looked(f"losses {i}", looks)
    call, mine = f"stop({losses}, {patience})", ask("stop", losses, patience)
    check.require(type(mine) in (tuple, list) and len(mine) == 2, f"{call} is {check.shown(mine)}: expected two epochs, (kept, stopped)")
    said = "which look brought the lowest loss so far, and how many in a row since then did not"
    if tuple(mine) == (stopped, stopped):
        said = "the weights of the last look are not the best ones: the copy from the lowest loss is kept"
    elif mine[0] == losses.index(min(losses)) + 1 != kept:
        said = "that loss comes after training had stopped: nobody saw it"
    elif mine[1] < stopped:
        said = "a new lowest loss starts the count afresh, and patience looks in a row are needed"
    check.require(tuple(mine) == (kept, stopped), f"{call} is {check.shown(tuple(mine))}: expected {(kept, stopped)}; look at this: {said}")

# %% [markdown]
# ## 3 · Take the copies out, or buy? (3 points)
#
# Of 524,288 tokens a quarter is one short text, `COPIES` times over: `copied` has that training, with your class's seed. Group
# `dedup` is trained on the three quarters that are left, once (393,216 tokens) and for 524,288 tokens: `out` has both, with the same
# seed.
#
# - `gain`: by how many nats per token is the model of `out` at **393,216** tokens better than the copied text?
# - `worth`: with how many *fresh* tokens does the model reach the loss of the copied text? Read it off between the rows of `fresh`,
#   with ln D against ln(loss above the floor).
# - `choice`: fresh text costs 1 cent per 1,000 tokens, taking the copies out 10 cents. What follows from these runs?
#   - `"a"` Neither: a quarter of the text is too little to matter.
#   - `"b"` Take them out: fewer tokens, less compute, and a lower loss; buy afterwards if there is money left.
#   - `"c"` Buy 131,072 fresh tokens and leave the copies in: more text is always better than less.
#   - `"d"` Leave them in: the model reads them as extra epochs, which are worth something.
#
# <details><summary>Hint 1</summary>Which of the two trainings used more compute, and which ended lower?</details>
# <details><summary>Hint 2</summary>`copied.val_loss.item()`; of `out`, the row with `tokens == 393_216`.</details>
# <details><summary>Hint 3</summary>`np.exp(np.interp(-y, -Y, X))` with X = ln D and Y = ln(loss − floor) of `fresh`: np.interp wants rising numbers, so both signs turn.</details>

# %%
RUN = drawn.choice("copied run", [["copies:16", 0], ["copies:16", 1], ["copies:16", 2], ["copies:64", 2], ["copies:256", 0], ["copies:256", 2]])
GROUP, SEED = RUN
COPIES = int(GROUP.removeprefix("copies:"))
copied = table[(table.group == GROUP) & (table.seed == SEED)]
out = table[(table.group == "dedup") & (table.seed == SEED)]

# %% tags=["answer"] labgpt={"id": "dedup", "points": 3, "objective": 3, "blank": ["# your answer", "raise NotImplementedError(\"how many nats, worth how many tokens, and what to do\")", "gain = ...", "worth = ...", "choice = \"\""]}
# your answer
import numpy as np

loss = copied.val_loss.item()
gain = loss - out[out.tokens == 393_216].val_loss.item()
worth = np.exp(np.interp(-np.log(loss - floor), -np.log(fresh.val_loss - floor), np.log(fresh.tokens)))
choice = "b"

# %% tags=["check"] labgpt={"id": "dedup"}
check.require(0 < check.number(gain, "gain", "nats per token") < 1, f"gain is {gain:.3g} nats per token: expected between 0 and 1; look at the sign, and at whether it is a difference")
check.require(1000 < check.number(worth, "worth", "tokens") < 1e7, f"worth is {worth:.3g}: expected a number of tokens; look at whether it is still a logarithm")
check.one_of(choice, "abcd", "choice")
print(f"taking the copies out: {gain:.3f} nats better; with them, 524,288 tokens do the work of {worth:,.0f} fresh ones")
check.passed()

# %% tags=["hidden"] labgpt={"id": "dedup"}
import numpy

loss, left = copied.val_loss.item(), out.set_index("tokens").val_loss
truth, mine = loss - left[393_216], check.number(ask("gain"), "gain", "nats per token")
said = f"the loss of {GROUP}, less that of dedup at 393,216 tokens"
if abs(mine - (loss - left[524_288])) < 0.001:
    said = "that is dedup at 524,288 tokens: asked is the run that reads what is left once"
elif abs(mine - (loss - left.mean())) < 0.001:
    said = "that is a mean over both budgets of dedup: asked is 393,216 tokens"
check.close(mine, truth, "gain", "nats per token", "this: " + said, absolute=0.001)
height, budgets = numpy.log(fresh.val_loss - floor), numpy.log(fresh.tokens)
truth = numpy.exp(numpy.interp(-numpy.log(loss - floor), -height, budgets))
mine, last = check.number(ask("worth"), "worth", "tokens"), "gain is right, but "
if abs(mine / truth - 1) > 0.004:
    said = "between the two rows of fresh whose losses lie around that of the copied text"
    if mine <= 131_073 or mine >= 2_097_151:
        said = "that is the end of the table: np.interp wants numbers that rise, and losses fall"
    elif abs(mine / numpy.exp(numpy.interp(-loss, -fresh.val_loss, budgets)) - 1) < 0.003 or abs(mine / numpy.interp(-loss, -fresh.val_loss, fresh.tokens) - 1) < 0.003:
        said = "that is a straight line through losses: take the floor off, and logarithms of both"
    award(1, last + f"worth is {mine:,.0f}: expected {truth:,.0f} within 0.4 %; look at this: {said}")
    letter = ""
else:
    letter, last = check.one_of(ask("choice"), "abcd", "choice"), "gain and worth are right, but "
if letter == "a":
    award(2, last + f"with these copies {524_288:,} tokens do the work of {truth:,.0f}: that quarter costs far more than a quarter")
elif letter == "c":
    award(2, last + "with the copies in, more tokens were worse than fewer; taking them out costs less than what 131,072 tokens cost")
elif letter == "d":
    award(2, last + f"{COPIES} readings of a small text are not worth something here: the loss without them is lower")

# %% [markdown]
# ## 4 · The mixture weight (2 points)
#
# Some language has few tokens, so a second one is mixed in; losses on the first were measured at several shares. The best share lies
# *between* the trained ones.
#
# Write `best_share(shares, losses)`: two lists of the same length, shares rising. Take the share with the lowest loss and its two
# neighbours, lay a parabola through these three over ln(share), and return the share at its lowest point.
#
# <details><summary>Hint 1</summary>Three points determine a parabola: `np.polyfit(x, y, 2)`.</details>
# <details><summary>Hint 2</summary>a·x² + b·x + c is lowest at x = −b / (2a).</details>
# <details><summary>Hint 3</summary>x is ln(share), so the answer is exp(−b / (2a)).</details>

# %% tags=["answer"] labgpt={"id": "share", "points": 2, "objective": 3, "blank": ["# your answer", "def best_share(shares, losses):", "    raise NotImplementedError(\"return a share between 0 and 1\")"]}
# your answer
import numpy as np


def best_share(shares, losses):
    i = int(np.argmin(losses))
    a, b, _ = np.polyfit(np.log(shares[i - 1 : i + 2]), losses[i - 1 : i + 2], 2)
    return float(np.exp(-b / (2 * a)))

# %% tags=["check"] labgpt={"id": "share"}
mine = best_share([0.1, 0.2, 0.4], [2.1, 2.0, 2.1])
check.require(0.1 < check.number(mine, "best_share([0.1, 0.2, 0.4], [2.1, 2.0, 2.1])") < 0.4, f"best_share([0.1, 0.2, 0.4], [2.1, 2.0, 2.1]) is {mine:.3g}: expected between 0.1 and 0.4")
mixed = table[table.group.str.startswith("mix:")].assign(share=lambda t: t.group.str[4:].astype(float)).groupby("share").val_loss.mean()
print(f"the lesson's mixtures: best at a share of {best_share(list(mixed.index), list(mixed)):.2f}")
check.passed()

# %% tags=["hidden"] labgpt={"id": "share"}
import numpy

measured = table[table.group.str.startswith("mix:")].assign(share=lambda t: t.group.str[4:].astype(float)).groupby("share").val_loss.mean()
cases = [(measured.index.tolist(), measured.round(4).tolist()), ([0.05, 0.1, 0.2, 0.4, 0.8], [2.5, 2.3, 2.25, 2.4, 3.3]),
         ([0.02, 0.1, 0.3, 0.9], [2.6, 2.31, 2.3, 2.5]), ([0.01, 0.03, 0.1, 0.5, 1.0], [2.4, 2.2, 2.21, 2.6, 4.0])]  # fmt: skip
cases = [(shares, [round(y + drawn.number(f"loss {i} {share}", -0.015, 0.015), 4) for share, y in zip(shares, losses)]) for i, (shares, losses) in enumerate(cases)]
for shares, losses in cases:
    i, call = int(numpy.argmin(losses)), f"best_share({shares}, {losses})"
    near, low = slice(i - 1, i + 2), lambda x, y: -numpy.polyfit(x, y, 2)[1] / (2 * numpy.polyfit(x, y, 2)[0])
    truth, mine = numpy.exp(low(numpy.log(shares[near]), losses[near])), check.number(ask("best_share", shares, losses), "best_share")
    slips = {"that is a share that was trained: the best lies between": shares[i],
             "that parabola is laid over the share itself, not over its logarithm": low(shares[near], losses[near]),
             "that parabola goes near all the points: take the lowest and its two neighbours": numpy.exp(low(numpy.log(shares), losses))}  # fmt: skip
    said = next((s for s, value in slips.items() if abs(mine - value) < 1e-4 * abs(value)), "the three lowest points, over ln(share), and back with exp")
    check.close(mine, truth, call, "", "this: " + said, relative=1e-3)

# %% [markdown]
# ## 5 · What noise costs (2 points)
#
# A scanner gets a share `Q` of all symbols wrong, as in the lesson's groups `noise:0.1`, `noise:0.2` and `noise:0.4`. Somebody says:
# "only that share is lost, so such text is worth so many tokens fewer, and no more."
#
# - `excess`: by how many nats per token does a model that knows the language perfectly, but believes that a share `Q` of all symbols to come is
#   drawn at random from 512, lose on *clean* text? Leave out what little a random draw adds to the right symbol's probability.
# - `meaning`: what does that say?
#   - `"a"` The same can be had by training on that many tokens fewer.
#   - `"b"` No amount of such text brings the loss on clean text down to the floor; clean tokens lead towards it.
#   - `"c"` A larger model on more of this text gets there in the end.
#   - `"d"` Noise does not matter as long as it is spread evenly, since it averages out.
#
# <details><summary>Hint 1</summary>What does perfect learning aim at: the clean text or the text it is shown?</details>
# <details><summary>Hint 2</summary>Such a model gives the right symbol only (1 − Q) times the probability it deserves.</details>
# <details><summary>Hint 3</summary>A loss is −ln of a probability, and −ln of a product is a sum.</details>

# %%
Q = drawn.choice("q", [0.08, 0.12, 0.15, 0.18, 0.22, 0.25, 0.28, 0.3, 0.33, 0.36])  # your class's scanner

# %% tags=["answer"] labgpt={"id": "noise", "points": 2, "objective": 3, "blank": ["# your answer", "raise NotImplementedError(\"how many nats, and what that says\")", "excess = ...", "meaning = \"\""]}
# your answer
import math

excess = -math.log(1 - Q)
meaning = "b"

# %% tags=["check"] labgpt={"id": "noise"}
check.require(check.number(excess, "excess", "nats per token") > 0, f"excess is {excess:.3g} nats per token: expected above 0; look at the sign")
check.one_of(meaning, "abcd", "meaning")
print(f"a perfect model of text with a share {Q} of noise: {excess:.3f} nats above the floor")
for q in (0.1, 0.2, 0.4):
    print(f"trained on a share {q}: {table[table.group == f'noise:{q}'].val_loss.mean() - floor:.3f} nats above it")
check.passed()

# %% tags=["hidden"] labgpt={"id": "noise"}
import math

mine = check.number(ask("excess"), "excess", "nats per token")
said = "the probability that is left for the right symbol"
if abs(mine - -math.log(Q)) < 0.003:
    said = "that is −ln Q: the share left for the right symbol is 1 − Q"
elif abs(mine - Q) < 0.003 or abs(mine - Q * math.log(512)) < 0.003:
    said = "a share of symbols is no loss in nats: take −ln of the probability that is left for the right symbol"
check.close(mine, -math.log(1 - Q), "excess", "nats per token", "this: " + said, absolute=0.002)
letter, last = check.one_of(ask("meaning"), "abcd", "meaning"), "excess is right, but "
if letter == "a":
    award(1, last + "that many tokens fewer, but clean, end far lower: compare noise:0.2 with fresh, or with junk:0.2, where a fifth of the rows is lost")
elif letter == "c":
    award(1, last + "a larger model learns the noisy text better, and with it the noise: excess is what even the perfect one pays")
elif letter == "d":
    award(1, last + "what averages out is the symbol drawn, not its share: each right symbol keeps only 1 − Q of its probability")
