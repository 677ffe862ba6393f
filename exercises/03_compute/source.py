# %% [markdown]
# # Exercise 03: Given a compute budget, how big and how long?
#
# Goes with notebook 03. **You will** count FLOPs exactly and by the rule of thumb, find the bottom of a valley in two ways, split a
# budget by a law, well and badly, score a sealed forecast, and say how many hours a budget takes on which machine.
#
# About 60 minutes, 12 points, difficulty ●●●○○.
#
# Write into the cells marked *your answer* and run the check below each. Only those cells are graded, each with what the
# unmarked cells define: put everything an answer needs into its own cell. A green check is no promise of points, because
# grading tries other inputs. The hints open one by one.

# %%
from labgpt.course import Lesson, check
from labgpt.course.packages import ROOT
from labgpt.laws import forecast

SEED = drawn.integer("seed", 0, 2)  # each class has runs of its own
table = Lesson("03_compute").reference
iso = table[table.group == "isoflop"].copy()  # five sizes at three budgets, three seeds
iso["budget"] = iso.groupby(["n_matmul", "seed"])["tokens"].rank().map({1: "C", 2: "2C", 3: "4C"})
valleys = iso[iso.seed == SEED].pivot(index="n_matmul", columns="budget", values="val_loss")
sealed = forecast.read(ROOT / "data" / "reference" / "03_forecast.json")  # the lesson's, sealed before the run
LAW = sealed["law"]  # E, A, alpha, B, beta

# %% [markdown]
# ## 1 · Exact FLOPs and the rule (2 points)
#
# Our GPT has `n_layer` blocks of 12·d² weights and a head of d·V; N counts both. Each weight costs one multiplication and one
# addition a token on the way forward, and twice that on the way back. Attention comes on top: in each block a token spends 2·d
# FLOPs on comparing itself with each token that it may see, and 2·d on adding up what that token holds; on the way back twice as
# much again. It sees itself and those before it in a row of `seq_len`: (seq_len + 1)/2 tokens on average.
#
# Write `flops(vocab_size, seq_len, n_layer, d_model, tokens)`: return `(exact, rule)`, the FLOPs of training on so many tokens,
# counted with attention and by the rule of thumb 6·N·D.
#
# <details><summary>Hint 1</summary>How many FLOPs does attention take a token in one block, on the way forward? And back?</details>
# <details><summary>Hint 2</summary>Forward: 4·d for each token seen, and (seq_len + 1)/2 are seen. In all three times that.</details>
# <details><summary>Hint 3</summary>exact = (6·N + 6·n_layer·d_model·(seq_len + 1))·tokens.</details>

# %% tags=["answer"] labgpt={"id": "flops", "points": 2, "objective": 1, "blank": ["# your answer", "def flops(vocab_size, seq_len, n_layer, d_model, tokens):", "    raise NotImplementedError(\"return exact, rule\")"]}
# your answer
def flops(vocab_size, seq_len, n_layer, d_model, tokens):
    n = 12 * n_layer * d_model**2 + d_model * vocab_size
    attention = 3 * n_layer * 4 * d_model * (seq_len + 1) / 2
    return (6 * n + attention) * tokens, 6 * n * tokens

# %% tags=["check"] labgpt={"id": "flops"}
exact, rule = flops(512, 64, 2, 16, 1000)
check.require(check.number(exact, "exact", "FLOPs") > check.number(rule, "rule", "FLOPs"), f"exact is {exact:.4g} FLOPs, rule {rule:.4g}: expected more with attention than without")
check.close(flops(512, 64, 2, 16, 2000)[0] / exact, 2, "exact for 2,000 tokens over exact for 1,000", "", "tokens: each costs the same", relative=1e-9)
print(f"the exact count lies {exact / rule - 1:.1%} above the rule")
check.passed()

# %% tags=["hidden"] labgpt={"id": "flops"}
# ruff: noqa: F821  (the grader brings ask, which gets a value from the learner's kernel, award, and drawn, the class's numbers)
from labgpt import cost
from labgpt.spec import ModelConfig

cases = [(drawn.integer(f"vocab {i}", 200, 2000), drawn.integer(f"row {i}", 40, 400), drawn.integer(f"depth {i}", 2, 8),
          8 * drawn.integer(f"width {i}", 2, 16), drawn.integer(f"tokens {i}", 10_000, 900_000)) for i in range(3)]  # fmt: skip
for vocab_size, seq_len, n_layer, d, tokens in cases:
    model, call = ModelConfig(vocab_size, seq_len, n_layer, d), f"flops({vocab_size}, {seq_len}, {n_layer}, {d}, {tokens})"
    n, looked_up, seen = cost.parameters(model).matmul, vocab_size * d, 6 * n_layer * d * (seq_len + 1)
    mine = ask("flops", vocab_size, seq_len, n_layer, d, tokens)
    check.require(type(mine) in (tuple, list) and len(mine) == 2, f"{call} is {check.shown(mine)}: expected two numbers, exact and rule")
    for which, value, truth, slips in [
        ("rule", mine[1], 6 * n, {"2 FLOPs a weight is the way forward alone; the way back costs 4": 2 * n,
                                  "the table of the symbols that come in is counted, but it only looks up": 6 * (n + looked_up),
                                  "the head is left out of N, but it multiplies": 6 * (n - looked_up)}),
        ("exact", mine[0], cost.flops(model).train, {"attention on the way back is left out": 6 * n + seen / 3,
                                                     "a token is counted as seeing its whole row, but it sees itself and those before it": 6 * n + 6 * n_layer * d * 2 * seq_len,
                                                     "attention of one block is counted for all": 6 * n + seen / n_layer}),
    ]:  # fmt: skip
        value = check.number(value, f"{which} of {call}", "FLOPs")
        said = next((s for s, slip in slips.items() if abs(value - slip * tokens) < 1e-3 * slip * tokens), "6 FLOPs a weight and token, and attention in exact only")
        check.close(value, truth * tokens, f"{which} of {call}", "FLOPs", "this: " + said, relative=1e-6)

# %% [markdown]
# ## 2 · The bottom of a valley (2 points)
#
# The best trained size is a step: sizes stand a factor of two apart. To read between them, lay a *parabola*, the curve
# y = p·x² + q·x + r, through the best point and its two neighbours, with x = ln N and y = loss; its bottom is at x = −q/(2p).
#
# Write `bottom(n, losses)`: two lists in order of growing N. The best is neither the first nor the last. Return
# `(trained, smooth)`: the best trained size, and the size at the parabola's bottom.
#
# <details><summary>Hint 1</summary>`i = losses.index(min(losses))` is the place of the best. Which three points does the parabola go through?</details>
# <details><summary>Hint 2</summary>`p, q, r = np.polyfit(x, y, 2)` gives the parabola.</details>
# <details><summary>Hint 3</summary>x is ln N there: smooth = exp(−q/(2p)).</details>

# %% tags=["answer"] labgpt={"id": "bottom", "points": 2, "objective": 2, "blank": ["# your answer", "def bottom(n, losses):", "    raise NotImplementedError(\"return trained, smooth\")"]}
# your answer
import numpy as np


def bottom(n, losses):
    i = int(np.argmin(losses))
    p, q, _ = np.polyfit(np.log(n[i - 1 : i + 2]), losses[i - 1 : i + 2], 2)
    return n[i], float(np.exp(-q / (2 * p)))

# %% tags=["check"] labgpt={"id": "bottom"}
trained, smooth = bottom([10_000, 20_000, 40_000], [2.1, 2.0, 2.1])  # the same on both sides
check.require(trained in (10_000, 20_000, 40_000), f"trained is {check.shown(trained)}: expected one of the sizes; look at whether it is a place in the list")
check.require(10_000 < check.number(smooth, "smooth", "weights") < 40_000, f"smooth is {smooth:.4g} weights: expected between the neighbours, 10,000 and 40,000; look at whether it is still a logarithm")
for name in ("C", "2C", "4C"):
    trained, smooth = bottom(valleys.index.tolist(), valleys[name].tolist())
    print(f"{name:>2}: best trained size {trained:,}, parabola's bottom {smooth:,.0f}")
check.passed()

# %% tags=["hidden"] labgpt={"id": "bottom"}
import numpy


def valley(i, bends):
    """Seven sizes, unevenly apart; the loss about a bottom somewhere in the middle, steeper below it than above."""
    n = [round(3_000 * 2.2**j * drawn.number(f"size {i} {j}", 0.85, 1.15)) for j in range(7)]
    middle = numpy.log(n[3]) + drawn.number(f"middle {i}", -0.3, 0.3)
    x = numpy.log(n) - middle
    return n, [round(float(y), 4) for y in 2.1 + bends * (x**2 - 0.2 * x**3 + 0.05 * x**4)]


cases = [valley(0, 0.05), valley(1, 0.02)]
for i, budget in enumerate(["C", "2C", "4C"]):  # ours, one seed each
    column = iso[(iso.seed == drawn.integer(f"valley seed {i}", 0, 2)) & (iso.budget == budget)].set_index("n_matmul").val_loss.sort_index()
    cases.append((column.index.tolist(), column.round(4).tolist()))
for n, losses in cases:
    i, call, x, mine = losses.index(min(losses)), f"bottom({n}, {losses})", numpy.log(n), ask("bottom", n, losses)

    def lowest(x, y):
        p, q, _ = numpy.polyfit(x, y, 2)
        return float(-q / (2 * p))

    check.require(type(mine) in (tuple, list) and len(mine) == 2, f"{call} is {check.shown(mine)}: expected two sizes, trained and smooth")
    said = "that is its place in the list" if mine[0] in (i, i + 1) else "the size that has the lowest loss"
    check.close(mine[0], n[i], f"trained of {call}", "weights", "this: " + said)
    near = slice(i - 1, i + 2)
    slips = {"the parabola is laid in N; in ln N a valley is more nearly even on both sides": lowest(n[near], losses[near]),
             "the parabola is laid through all points, but far from the bottom a valley is no parabola": float(numpy.exp(lowest(x, losses))),
             "the best trained size again, but the bottom lies between sizes": n[i]}  # fmt: skip
    value = check.number(mine[1], f"smooth of {call}", "weights")
    said = next((s for s, slip in slips.items() if abs(value - slip) < 1e-3 * slip), "x = ln N, the best point and its two neighbours")
    check.close(value, float(numpy.exp(lowest(x[near], losses[near]))), f"smooth of {call}", "weights", "this: " + said, relative=1e-3)

# %% [markdown]
# ## 3 · How fast does the best size grow? (2 points)
#
# `valleys` holds losses of the lesson, of one seed: a row for each size (the index is N), the columns `C`, `2C` and `4C`. If the
# best size grows as C^a, then a is ln(best size at the larger budget / best size at the smaller) over ln of how many times larger
# that budget is. For the budgets `SMALL` and `LARGE`, `TIMES` as large, compute it
#
# - `stepped`: from the best trained sizes,
# - `smooth`: from the bottoms of the parabolas of question 2.
#
# The law through all the points of three lessons said a = .40 (range .33 to .45). `choice`: what do your two numbers say to that?
#
# - `"a"` a is `stepped`: those sizes were really trained, and a parabola is made up.
# - `"b"` a is `smooth`: it lies outside the law's range, so the law is wrong.
# - `"c"` Neither can overrule the law: with sizes a factor of two apart, the result hangs on how one reads between them.
# - `"d"` They differ by chance; with more seeds both would come out the same.
#
# <details><summary>Hint 1</summary>What would `stepped` have been, had the next larger size been best at the larger budget?</details>
# <details><summary>Hint 2</summary>Take `valleys[SMALL]` and `valleys[LARGE]`; your `bottom` has to stand in this cell too.</details>
# <details><summary>Hint 3</summary>Look at the other seeds (`iso[iso.seed == 1]`): does `stepped` change?</details>

# %%
BUDGETS = drawn.choice("span", [["C", "2C", 2], ["2C", "4C", 2], ["C", "4C", 4]])  # your class's
SMALL, LARGE, TIMES = BUDGETS

# %% tags=["answer"] labgpt={"id": "growth", "points": 2, "objective": 2, "blank": ["# your answer", "raise NotImplementedError(\"two exponents, then choose\")", "stepped = ...", "smooth = ...", "choice = \"\""]}
# your answer
import numpy as np


def lowest(losses):
    i = int(losses.argmin())
    p, q, _ = np.polyfit(np.log(losses.index[i - 1 : i + 2]), losses.iloc[i - 1 : i + 2], 2)
    return np.exp(-q / (2 * p))


stepped = np.log(valleys[LARGE].idxmin() / valleys[SMALL].idxmin()) / np.log(TIMES)
smooth = np.log(lowest(valleys[LARGE]) / lowest(valleys[SMALL])) / np.log(TIMES)
choice = "c"

# %% tags=["check"] labgpt={"id": "growth"}
for value, name in ((stepped, "stepped"), (smooth, "smooth")):
    check.require(-2 < check.number(value, name) < 3, f"{name} is {value:.3g}: expected an exponent; look at whether it is a size")
check.one_of(choice, "abcd", "choice")
print(f"a is {stepped:.2f} by the best trained sizes, {smooth:.2f} by the parabolas")
check.passed()

# %% tags=["hidden"] labgpt={"id": "growth"}
import numpy


def lowest(losses):
    i = int(losses.argmin())
    p, q, _ = numpy.polyfit(numpy.log(losses.index[i - 1 : i + 2]), losses.iloc[i - 1 : i + 2], 2)
    return float(numpy.exp(-q / (2 * p)))


best = {budget: valleys[budget].idxmin() for budget in (SMALL, LARGE)}
steps = float(numpy.log(best[LARGE] / best[SMALL]) / numpy.log(TIMES))
falls = float(numpy.log(lowest(valleys[LARGE]) / lowest(valleys[SMALL])) / numpy.log(TIMES))
for name, truth in (("stepped", steps), ("smooth", falls)):
    mine, said = check.number(ask(name), name), f"ln of the ratio of the best sizes at {LARGE} and {SMALL}, over ln {TIMES}"
    if abs(mine - truth * numpy.log(TIMES)) <= 0.01:
        said = f"that is the ln of the ratio alone: from {SMALL} to {LARGE} the budget grows by {TIMES}, so divide by ln {TIMES}"
    elif abs(mine - TIMES**truth) <= 0.02:
        said = f"that is by how much the size grew: the exponent is its ln over ln {TIMES}"
    elif name == "smooth" and abs(mine - steps) <= 0.01:
        said = "that is the best trained sizes' number again"
    check.close(mine, truth, name, "", "this: " + said, absolute=0.01)
letter, kept = check.one_of(ask("choice"), "abcd", "choice"), "your two numbers are right, but "
if letter == "a":
    larger = valleys.index[valleys.index > best[LARGE]][0]
    award(1, kept + f"trained sizes come in steps: had the next one been best at {LARGE}, a would have been "
                    f"{numpy.log(larger / best[SMALL]) / numpy.log(TIMES):.2f}; look at how far apart they stand")
elif letter == "b":
    award(1, kept + "a parabola through three points is a reading too, with an error of its own, and no proof against a law through all of them")
elif letter == "d":
    award(1, kept + "it is not chance: every one of the three seeds gives the same stepped; look at how far apart the sizes stand")

# %% [markdown]
# ## 4 · Split a budget, well and badly (2 points)
#
# With C = 6·N·D and a law L(N, D) = E + A/N^α + B/D^β (a dictionary with `E`, `A`, `alpha`, `B`, `beta`), one N is best for a
# budget of `c` FLOPs.
#
# Write `split(c, factor, law)`: take `factor` times that best N, and as many tokens as the budget then leaves. Return
# `(n, tokens, loss)`. With `factor` 1 this is the best split, with 2 a model twice as large as it should be. Best sizes between 1e3
# and 1e12 are asked for, and n may be off by 1 %.
#
# <details><summary>Hint 1</summary>For any N, D is what the budget leaves. So the loss depends on N alone.</details>
# <details><summary>Hint 2</summary>You may simply try: `n = np.geomspace(1e3, 1e12, 10_000)` has steps of 0.2 %. Which of these has the lowest loss?</details>
# <details><summary>Hint 3</summary>Exactly: N = (α·A/(β·B))^(1/(α+β)) · (c/6)^(β/(α+β)). Multiply by factor only then, and work out D after that.</details>

# %% tags=["answer"] labgpt={"id": "split", "points": 2, "objective": 2, "blank": ["# your answer", "def split(c, factor, law):", "    raise NotImplementedError(\"return n, tokens, loss\")"]}
# your answer
import numpy as np


def split(c, factor, law):
    def loss(n):
        return law["E"] + law["A"] / n ** law["alpha"] + law["B"] / (c / (6 * n)) ** law["beta"]

    tried = np.geomspace(1e3, 1e12, 10_000)
    n = factor * float(tried[loss(tried).argmin()])
    return n, c / (6 * n), loss(n)

# %% tags=["check"] labgpt={"id": "split"}
n, tokens, loss = split(1e11, 1, LAW)
for value, name in ((n, "n"), (tokens, "tokens"), (loss, "loss")):
    check.require(check.number(value, f"{name} of split(1e11, 1, LAW)") > 0, f"{name} of split(1e11, 1, LAW) is {value:.4g}: expected more than 0")
worse = split(1e11, 2, LAW)
check.require(worse[2] > loss, f"twice the best size gives a loss of {worse[2]:.4f}, the best {loss:.4f}: expected more; look at what the larger model has left in tokens")
print(f"best split of 1e11 FLOPs: N = {n:,.0f}, D = {tokens:,.0f}, loss {loss:.3f}; at twice that N: {worse[2]:.3f}")
check.passed()

# %% tags=["hidden"] labgpt={"id": "split"}
text = {"E": 1.69, "A": 406.4, "alpha": 0.34, "B": 410.7, "beta": 0.28}
budgets = [drawn.number(f"budget {i}", 1, 9) * scale for i, scale in enumerate([1e11, 1e10, 1e23, 1e21])]
for c, factor, law in zip(budgets, [1, drawn.choice("large", [2, 3, 5]), 1, drawn.choice("small", [0.25, 0.4, 0.5])], [LAW, LAW, text, text]):
    alpha, beta, call = law["alpha"], law["beta"], f"split({c:.4g}, {factor}, {law})"
    scale = factor * (alpha * law["A"] / (beta * law["B"])) ** (1 / (alpha + beta))
    n = scale * (c / 6) ** (beta / (alpha + beta))
    loss = law["E"] + law["A"] / n**alpha + law["B"] / (c / (6 * n)) ** beta
    mine = ask("split", c, factor, law)
    check.require(type(mine) in (tuple, list) and len(mine) == 3, f"{call} is {check.shown(mine)}: expected n, tokens and loss")
    slips = {"each weight costs 6 FLOPs a token, not 1": scale * c ** (beta / (alpha + beta)),
             "as many weights as tokens is no optimum: the law decides": factor * (c / 6) ** 0.5,
             "the exponents of N and D are exchanged": scale * (c / 6) ** (alpha / (alpha + beta)),
             "the best size again, but factor times that was asked for": n / factor}  # fmt: skip
    said = next((s for s, slip in slips.items() if abs(check.number(mine[0], f"n of {call}", "weights") - slip) < 0.01 * slip), "the N of the lowest loss, where D = c / (6·N)")
    check.close(mine[0], n, f"n of {call}", "weights", "this: " + said, relative=0.01)
    spent = 6 * check.number(mine[0], "n") * check.number(mine[1], f"tokens of {call}", "tokens")
    said = "what the budget leaves for this n"
    if abs(spent / c - factor) < 0.02 * factor:
        said = f"the best size's tokens were kept for a model {factor} times as large: that costs {factor} times the budget"
    elif abs(spent / c - 6) < 0.1:
        said = "each weight costs 6 FLOPs a token, not 1"
    check.close(mine[1], c / (6 * n), f"tokens of {call}", "tokens", "this: " + said, relative=0.015)
    check.close(mine[2], loss, f"loss of {call}", "nats per token", "all three terms of the law, at this n and these tokens", relative=0.001)

# %% [markdown]
# ## 5 · Score a sealed forecast (2 points)
#
# `sealed` is the lesson's forecast: a dictionary with, among others, `predicted`, `low` and `high`, in nats per token. Afterwards
# the run was made with several seeds.
#
# Write `judge(sealed, losses, floor)`: `losses` is a list, one measured loss a seed. With their mean as what was measured, return
# a dictionary with
#
# - `off`: predicted − measured, in nats per token,
# - `of_excess`: `off` as a share of the measured excess, the loss above the `floor`,
# - `inside`: `True` if what was measured lies in the sealed range, else `False`.
#
# <details><summary>Hint 1</summary>What sign has `off` if the forecast was too pessimistic?</details>
# <details><summary>Hint 2</summary>The excess is what was measured minus the floor: there, a small miss is no longer so small.</details>
# <details><summary>Hint 3</summary>`bool(low <= measured <= high)` turns what numpy returns into a plain True or False.</details>

# %% tags=["answer"] labgpt={"id": "judge", "points": 2, "objective": 3, "blank": ["# your answer", "def judge(sealed, losses, floor):", "    raise NotImplementedError(\"return {'off': …, 'of_excess': …, 'inside': …}\")"]}
# your answer
def judge(sealed, losses, floor):
    measured = sum(losses) / len(losses)
    off = sealed["predicted"] - measured
    return {"off": off, "of_excess": off / (measured - floor), "inside": bool(sealed["low"] <= measured <= sealed["high"])}

# %% tags=["check"] labgpt={"id": "judge"}
mine = judge({"predicted": 2.0, "low": 1.9, "high": 2.1}, [2.0, 2.0], 1.8)
check.require(sorted(mine) == ["inside", "of_excess", "off"], f"judge gives {sorted(mine)}: expected inside, of_excess, off")
check.close(mine["off"], 0, "off of a forecast that was exactly right", "nats per token", "what is taken from what", absolute=1e-9)
check.require(type(mine["inside"]) is bool, f"inside is {check.shown(mine['inside'])}: expected True or False")
unseen = table[table.group == "unseen"]
print(judge(sealed, unseen.val_loss.tolist(), float(unseen.bayes_loss.iloc[0])))
check.passed()

# %% tags=["hidden"] labgpt={"id": "judge"}
cases = []
for i, (inside, off) in enumerate([(False, [-0.02, -0.015, 0.01]), (True, [0.004, -0.004]), (False, [-0.01, 0.05, 0.02, 0.03]), (True, [0.03, -0.012, -0.02])]):
    edge, width = drawn.number(f"edge {i}", 1.9, 2.6), drawn.number(f"width {i}", 0.06, 0.12)  # measured about the edge of the range
    mean = edge + sum(off) / len(off)
    low = edge if (mean > edge) is inside else edge - width
    seal = {"predicted": round(low + width * drawn.number(f"at {i}", 0.3, 0.7), 4), "low": low, "high": round(low + width, 4)}
    cases.append((seal, [round(edge + each, 4) for each in off], round(edge - drawn.number(f"excess {i}", 0.1, 0.5), 3)))
for seal, losses, floor in cases:
    mine, call = ask("judge", seal, losses, floor), f"judge({seal}, {losses}, {floor})"
    check.require(type(mine) is dict and set(mine) == {"off", "of_excess", "inside"}, f"{call} is {check.shown(mine)}: expected a dictionary with off, of_excess, inside")
    measured = sum(losses) / len(losses)
    off = seal["predicted"] - measured
    for name, truth, slips in [
        ("off", off, {"measured − predicted has the other sign": -off, "the best seed was taken, not the mean of all": seal["predicted"] - min(losses),
                      "a share of the loss was given for nats": off / measured}),
        ("of_excess", off / (measured - floor), {"that is a share of the whole loss: take the floor off first": off / measured,
                                                 "that is a share of the excess that was predicted, not of the measured one": off / (seal["predicted"] - floor)}),
    ]:  # fmt: skip
        value = check.number(mine[name], f"{name} of {call}")
        said = next((s for s, slip in slips.items() if abs(value - slip) < 1e-6), "predicted − measured, with the mean of all seeds" if name == "off" else "off over (measured − floor)")
        check.close(value, truth, f"{name} of {call}", "nats per token" if name == "off" else "", "this: " + said, absolute=1e-6)
    truth, each = seal["low"] <= measured <= seal["high"], [seal["low"] <= x <= seal["high"] for x in losses]
    said = "a single seed does not decide" if any(each) and not all(each) else "the size of the miss does not decide"
    check.require(mine["inside"] is truth, f"inside of {call} is {check.shown(mine['inside'])}: expected {truth}; look at whether the mean, {measured:.4f}, lies in the range: {said}")

# %% [markdown]
# ## 6 · How many hours? (2 points)
#
# A budget of `c` FLOPs on several machines. A data sheet's peak is one thing; training reaches a share of it. A laptop's pace is
# measured: one core did `run["flops"]` FLOPs in `run["seconds"]` seconds, and `cores` such cores work side by side, each on runs of its
# own (take their paces together).
#
# Write `hours(c, run, cores, devices)`: `devices` is a dictionary from a name to `(peak, share)`, the peak in FLOPs a second. Return
# a dictionary of hours, with one entry for each device and one named `laptop`.
#
# <details><summary>Hint 1</summary>How many FLOPs a second does each really do?</details>
# <details><summary>Hint 2</summary>The laptop's pace is cores · flops / seconds.</details>
# <details><summary>Hint 3</summary>hours = c / pace / 3600.</details>

# %%
DEVICES = {"T4": (65e12, 0.3), "TPU v5e": (197e12, 0.4), "H100": (989e12, 0.4)}  # the lesson's peaks and shares

# %% tags=["answer"] labgpt={"id": "hours", "points": 2, "objective": 1, "blank": ["# your answer", "def hours(c, run, cores, devices):", "    raise NotImplementedError(\"return {'laptop': …, name of a device: …}\")"]}
# your answer
def hours(c, run, cores, devices):
    pace = {name: peak * share for name, (peak, share) in devices.items()}
    pace["laptop"] = cores * run["flops"] / run["seconds"]
    return {name: c / each / 3600 for name, each in pace.items()}

# %% tags=["check"] labgpt={"id": "hours"}
mine = hours(1e18, {"flops": 2e10, "seconds": 1.0}, 2, DEVICES)
check.require(sorted(mine) == ["H100", "T4", "TPU v5e", "laptop"], f"hours gives {sorted(mine)}: expected laptop and each of the devices")
check.require(check.number(mine["laptop"], "hours of the laptop") > check.number(mine["T4"], "hours of the T4") > mine["H100"], f"laptop {mine['laptop']:.3g}, T4 {mine['T4']:.3g}, H100 {mine['H100']:.3g} hours: expected fewer and fewer")
print({name: f"{value:,.2f} hours" for name, value in mine.items()})
check.passed()

# %% tags=["hidden"] labgpt={"id": "hours"}
cases = [(drawn.number(f"c {i}", 1, 9) * scale, {"flops": round(drawn.number(f"flops {i}", 2, 20) * 1e11), "seconds": drawn.number(f"seconds {i}", 5, 50)},
          drawn.integer(f"cores {i}", 2, 12), {name: (peak, drawn.number(f"share of {name}", 0.2, 0.6)) for name, peak in devices.items()})
         for i, (scale, devices) in enumerate([(1e17, {"H100": 989e12, "T4": 65e12}), (1e20, {"TPU v5e": 197e12, "A100": 312e12})])]  # fmt: skip
for c, run, cores, devices in cases:
    mine, call = ask("hours", c, run, cores, devices), f"hours({c:.3g}, {run}, {cores}, {devices})"
    check.require(type(mine) is dict and set(mine) == {"laptop", *devices}, f"{call} is {check.shown(mine)}: expected hours for laptop and each of the devices")
    one = c / (run["flops"] / run["seconds"]) / 3600
    for name in ("laptop", *devices):
        truth = one / cores if name == "laptop" else c / (devices[name][0] * devices[name][1]) / 3600
        value = check.number(mine[name], f"{name} of {call}", "hours")
        slips = {"that is seconds: an hour has 3,600": truth * 3600, "that is days": truth / 24, "that is minutes": truth * 60}
        if name == "laptop":
            slips |= {"that is one core alone, but all of them work": one, "cores do not share one core's pace: their paces add up": one * cores}
        else:
            slips |= {"that is at the data sheet's peak, of which only a share is reached": truth * devices[name][1]}
        said = next((s for s, slip in slips.items() if abs(value - slip) < 1e-6 * slip), "c over the FLOPs that it really does in an hour")
        check.close(value, truth, f"{name} of {call}", "hours", "this: " + said, relative=1e-6)
