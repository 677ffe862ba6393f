# %% [markdown]
# # Exercise 04: What do more workers buy?
#
# Goes with notebook 04. **You will** slice a batch, average what uneven slices say, count the bytes that a worker sends, tell which
# speeds may be compared, and find how many workers meet a deadline.
#
# About 55 minutes, 12 points, difficulty ●●●○○.
#
# Write into the cells marked *your answer* and run the check below each. Only those cells are graded, each with what the
# unmarked cells define: put everything an answer needs into its own cell. A green check is no promise of points, because
# grading tries other inputs. The hints open one by one.

# %%
import json

from labgpt.course import Lesson, check
from labgpt.course.packages import ROOT

table = Lesson("04_world_size").reference
table = table[table.group != "tiny"]  # one model, batch ×1 … ×16, three seeds each
world = json.loads((ROOT / "data" / "reference" / "curves" / "summary.json").read_text(encoding="utf-8"))["world"]
measured = [(int(w), row["tokens_per_s"]) for w, row in world.items()]  # (W, tokens a second), on two cores

# %% [markdown]
# ## 1 · Slice a batch (2 points)
#
# A batch has the rows 0, 1, …, `batch_size` − 1. Each of `world_size` workers, numbered by `rank` from 0, takes a slice of it. Every
# row goes to exactly one worker, and no worker gets more than one row more than another. Which rows a worker gets, and in which
# order, is up to you.
#
# Write `rows_of(rank, world_size, batch_size)`: the list of the rows that this worker takes.
#
# <details><summary>Hint 1</summary>What becomes of 10 rows among 3 workers?</details>
# <details><summary>Hint 2</summary>`divmod(batch_size, world_size)` says how many each gets, and how many get one more.</details>
# <details><summary>Hint 3</summary>Deal the rows like cards: rank, rank + world_size, rank + 2·world_size, … as long as there are rows.</details>

# %% tags=["answer"] labgpt={"id": "shard", "points": 2, "objective": 1, "blank": ["# your answer", "def rows_of(rank, world_size, batch_size):", "    raise NotImplementedError(\"return a list of row numbers\")"]}
# your answer
def rows_of(rank, world_size, batch_size):
    return list(range(rank, batch_size, world_size))

# %% tags=["check"] labgpt={"id": "shard"}
dealt = [rows_of(rank, 2, 6) for rank in (0, 1)]
check.require(all(isinstance(rows, list) for rows in dealt), f"rows_of gives {check.shown(dealt[0])}: expected a list of row numbers")
check.require(sorted(dealt[0] + dealt[1]) == [0, 1, 2, 3, 4, 5], f"six rows among two workers are {dealt[0]} and {dealt[1]}: expected each of the rows 0 … 5 exactly once, in one of the two")
check.passed()

# %% tags=["hidden"] labgpt={"id": "shard"}
# ruff: noqa: F821  (the grader brings ask, which gets a value from the learner's kernel, award, and drawn, the class's numbers)
uneven = [(w, w * drawn.integer(f"rows each {i}", 1, 9) + drawn.integer(f"left over {i}", 1, w - 2))  # slices rounded up leave the last too few
          for i, w in enumerate(drawn.integer(f"workers {i}", 3, 9) for i in range(3))]  # fmt: skip
for world_size, batch_size in [(4, 4 * drawn.integer("even", 3, 12)), *uneven]:
    call, dealt = f"{batch_size} rows among {world_size} workers", [ask("rows_of", rank, world_size, batch_size) for rank in range(world_size)]
    for rows in dealt:
        check.require(type(rows) is list and all(type(row) is int for row in rows), f"{call}: a worker takes {check.shown(rows)}: expected a list of row numbers")
    taken, sizes = [row for rows in dealt for row in rows], [len(rows) for rows in dealt]
    beyond = [row for row in taken if not 0 <= row < batch_size]
    check.require(not beyond, f"{call}: row {beyond and beyond[0]} is taken: expected rows 0 … {batch_size - 1}; look at where the last slice ends")
    missing = sorted(set(range(batch_size)) - set(taken))
    check.require(not missing, f"{call}: rows {missing} go to nobody: expected each row once; look at what is left over when the batch is divided")
    twice = sorted(row for row in set(taken) if taken.count(row) > 1)
    check.require(not twice, f"{call}: row {twice and twice[0]} goes to more than one worker: expected each row once; look at where a slice begins")
    check.require(max(sizes) - min(sizes) <= 1, f"{call}: the slices have {sizes} rows: expected sizes that differ by one at most; look at slices rounded up, "
                  "which leave too little for the last")  # fmt: skip

# %% [markdown]
# ## 2 · Average uneven slices (2 points)
#
# Each worker has worked out the gradient of the *mean* loss of its own rows. The slices are not equal. What everybody needs is the
# gradient of the mean loss of the whole batch.
#
# Write `combine(gradients, rows)`: `gradients` has a list of numbers from each worker, all of the same length; `rows` says how many
# rows each had. Return one list of numbers.
#
# <details><summary>Hint 1</summary>What does one row count for in the whole batch, whichever worker has it?</details>
# <details><summary>Hint 2</summary>A mean over 3 rows, times 3, is a sum over rows. Sums can be added.</details>
# <details><summary>Hint 3</summary>For each place: the sum of rows · gradient over the workers, divided by the number of all rows.</details>

# %% tags=["answer"] labgpt={"id": "combine", "points": 2, "objective": 1, "blank": ["# your answer", "def combine(gradients, rows):", "    raise NotImplementedError(\"return a list of numbers\")"]}
# your answer
def combine(gradients, rows):
    return [sum(n * g for n, g in zip(rows, place)) / sum(rows) for place in zip(*gradients)]

# %% tags=["check"] labgpt={"id": "combine"}
alone = combine([[0.5, -2.0]], [1])
check.require(len(alone) == 2, f"combine gives {check.shown(alone)}: expected as many numbers as a worker has, 2")
check.close(alone[1], -2.0, "combine of one worker alone, second number", "", "its own gradient: nothing else is in the batch", absolute=1e-9)
check.passed()

# %% tags=["hidden"] labgpt={"id": "combine"}
cases = [([[drawn.number(f"gradient {w} {rank} {i}", -3.0, 3.0) for i in range(places)] for rank in range(w)],
          [drawn.integer(f"rows {w} {rank}", *((1, 4) if rank == w - 1 else (5, 9))) for rank in range(w)]) for w, places in ((2, 2), (3, 1), (4, 3))]  # fmt: skip
for gradients, rows in cases:
    call, mine = f"combine({gradients}, {rows})", ask("combine", gradients, rows)
    check.require(type(mine) is list and len(mine) == len(gradients[0]), f"{call} is {check.shown(mine)}: expected a list of {len(gradients[0])} numbers")
    for i, value in enumerate(mine):
        whole = sum(n * g[i] for n, g in zip(rows, gradients))
        value = check.number(value, f"number {i} of {call}")
        slips = {"the workers are averaged as if their slices were equal: a row of a small slice then counts for more": sum(g[i] for g in gradients) / len(rows),
                 "gradients are added up and not averaged: the step grows with the number of workers": sum(g[i] for g in gradients),
                 "weighted, but divided by the number of workers and not of rows": whole / len(rows),
                 "the sum over all rows was not divided by their number": whole}  # fmt: skip
        said = next((s for s, slip in slips.items() if abs(value - slip) < 1e-6), "what one row counts for in the whole batch")
        check.close(value, whole / sum(rows), f"number {i} of {call}", "", "this: " + said, absolute=1e-6)

# %% [markdown]
# ## 3 · The bytes of a ring (2 points)
#
# After each step the workers add up their gradients by a ring all-reduce. A gradient has four bytes for each *parameter* of the
# model: `lookup` of them stand in the table of the symbols that come in, `n_matmul` is N.
#
# Write `sent(lookup, n_matmul, world_size)`: the bytes that *one* worker sends in a step.
#
# <details><summary>Hint 1</summary>Which parameters does training change? Each of these has a gradient.</details>
# <details><summary>Hint 2</summary>In a ring the gradient goes in W pieces; each worker sends W − 1 of them while adding up, and as many while handing the sums on.</details>
# <details><summary>Hint 3</summary>2·(W − 1)/W times the gradient's bytes.</details>

# %% tags=["answer"] labgpt={"id": "ring", "points": 2, "objective": 2, "blank": ["# your answer", "def sent(lookup, n_matmul, world_size):", "    raise NotImplementedError(\"return a number of bytes\")"]}
# your answer
def sent(lookup, n_matmul, world_size):
    return 2 * (world_size - 1) / world_size * 4 * (lookup + n_matmul)

# %% tags=["check"] labgpt={"id": "ring"}
check.close(sent(8_192, 14_336, 1), 0, "sent by a worker alone", "bytes", "whom it could send to", absolute=1e-9)
few, many = sent(8_192, 14_336, 4), sent(8_192, 14_336, 64)
check.require(0 < check.number(few, "sent among 4 workers", "bytes") < check.number(many, "sent among 64 workers", "bytes"), f"a worker sends {few:,.0f} bytes among 4, {many:,.0f} among 64: expected more among 64")
check.require(many < 1.5 * few, f"a worker sends {few:,.0f} bytes among 4, {many:,.0f} among 64: expected hardly more among 64; look at whether it is what one worker sends, in a ring")
check.passed()

# %% tags=["hidden"] labgpt={"id": "ring"}
widths = [8 * drawn.integer(f"width {i}", 2, 16) for i in range(3)]
for lookup, n, w in [(512 * d, 24 * d**2 + 512 * d, drawn.integer(f"ring of {i}", *ends)) for i, (d, ends) in enumerate(zip(widths, ((3, 6), (2, 2), (20, 64))))]:
    full, call = 4 * (lookup + n), f"sent({lookup}, {n}, {w})"
    truth = 2 * (w - 1) / w * full
    value = check.number(ask("sent", lookup, n, w), call, "bytes")
    slips = {"N leaves the look-up table out, but training changes it too, and its gradient is sent": truth * n / (lookup + n),
             "that is half of it: after adding up, the sums are handed on to everybody": truth / 2,
             "a parameter's gradient has four bytes": truth / 4,
             "the whole gradient is counted, whatever W is": full}  # fmt: skip
    said = next((s for s, slip in slips.items() if abs(value - slip) < 1e-6 * slip), "2·(W − 1)/W times four bytes a parameter, for one worker")
    check.close(value, truth, call, "bytes", "this: " + said, relative=1e-6)

# %% [markdown]
# ## 4 · Which speeds count? (2 points)
#
# Somebody timed the same training with several numbers of workers on one machine. `measured` above is such a list, from the lab's
# own main job.
#
# Write `efficiency(measured, cores)`: `measured` is a list of `(W, tokens a second)`, with W = 1 among them. Return a list of
# `(W, efficiency)`, in the same order, of those rows alone from which speed can be read: each process has a core of its own. The
# *efficiency* is the pace over W times the pace of one worker.
#
# <details><summary>Hint 1</summary>What does the lesson call more processes than cores?</details>
# <details><summary>Hint 2</summary>Find the pace of W = 1 first: it need not be the first row.</details>
# <details><summary>Hint 3</summary>`[(w, pace / (w * one)) for w, pace in measured if …]`</details>

# %% tags=["answer"] labgpt={"id": "efficiency", "points": 2, "objective": 3, "blank": ["# your answer", "def efficiency(measured, cores):", "    raise NotImplementedError(\"return [(W, efficiency), …]\")"]}
# your answer
def efficiency(measured, cores):
    one = {w: pace for w, pace in measured}[1]
    return [(w, pace / (w * one)) for w, pace in measured if w <= cores]

# %% tags=["check"] labgpt={"id": "efficiency"}
mine = efficiency([(1, 100.0), (2, 150.0)], 2)
check.require([row[0] for row in mine] == [1, 2], f"efficiency gives rows for W = {[row[0] for row in mine]}: expected 1 and 2, both fit two cores")
check.close(mine[0][1], 1, "efficiency of W = 1", "", "one worker is compared with itself", absolute=1e-9)
check.require(check.number(mine[1][1], "efficiency of W = 2") < 1, f"efficiency of W = 2 is {mine[1][1]:.3g} at 1.5 times the pace of one: expected below 1; look at what two perfect workers would do")
print("the main job's, on two cores:", [(w, round(e, 2)) for w, e in efficiency(measured, 2)])
check.passed()

# %% tags=["hidden"] labgpt={"id": "efficiency"}
cases = []
for i, (worlds, cores) in enumerate((((1, 2, 4, 8), 4), ((4, 2, 1), 2), ((1, 3, 6), 6))):
    one = drawn.integer(f"pace {i}", 8_000, 30_000)  # more processes than cores are no faster than the cores
    cases.append(([(w, float(round(one * min(w, cores) * (drawn.number(f"kept {i} {w}", 0.6, 0.97) if w > 1 else 1)))) for w in worlds], cores))
for rows, cores in cases:
    one, call = {w: pace for w, pace in rows}[1], f"efficiency({rows}, {cores})"
    mine, truth = ask("efficiency", rows, cores), [(w, pace / (w * one)) for w, pace in rows if w <= cores]
    check.require(type(mine) is list and all(type(row) is list and len(row) == 2 for row in mine), f"{call} is {check.shown(mine)}: expected a list of (W, efficiency)")
    over = [w for w, _ in mine if check.number(w, f"a W of {call}") > cores]
    check.require(not over, f"{call} has a row for W = {over and over[0]}: expected none; look at the cores: more processes than cores share them, and no speed can be read from that")
    check.require([w for w, _ in mine] == [w for w, _ in truth], f"{call} has rows for W = {[w for w, _ in mine]}: expected {[w for w, _ in truth]}; look at which have a core for each process")
    for (w, value), (_, want) in zip(mine, truth):
        value = check.number(value, f"efficiency of W = {w} in {call}")
        slips = {"that is the speed-up: divide by W": want * w, "that is upside down": 1 / want, "the first row is not W = 1": want * one / rows[0][1],
                 "cores were taken for workers": want * w / cores}  # fmt: skip
        said = next((s for s, slip in slips.items() if abs(value - slip) < 1e-6), "the pace over W times the pace of one worker")
        check.close(value, want, f"efficiency of W = {w} in {call}", "", "this: " + said, absolute=1e-6)

# %% [markdown]
# ## 5 · Sixteen times the batch (2 points)
#
# `curves` has the lesson's runs: `batch` (how many times the smallest batch, of 2,048 tokens a step), `tokens`, `val_loss`. Suppose the
# network were perfect: 16 workers do a step in the time of one, and a step of theirs has 16 times the tokens.
#
# - `few`: the number of steps after which batch ×1 comes down to a loss of `TARGET` nats per token; `many`: the same of batch ×16. Read
#   the tokens off between the rows, ln(tokens) against loss, as the lesson does.
# - `choice`: why is `many` more than a sixteenth of `few`?
#   - `"a"` Sending the gradients takes time.
#   - `"b"` Averaged over 16 times the rows, a step's direction gets better, but not 16 times better: the batch is beyond the critical one.
#   - `"c"` The ×16 runs saw fewer tokens before they came down to `TARGET`.
#   - `"d"` By chance: another seed may well come down to a sixteenth.
#
# <details><summary>Hint 1</summary>How many tokens did each need, and how many tokens has a step of each?</details>
# <details><summary>Hint 2</summary>`one = curves[curves.batch == 1]` is in order of tokens; its losses fall.</details>
# <details><summary>Hint 3</summary>`np.exp(np.interp(-TARGET, -one.val_loss, np.log(one.tokens)))` are tokens; divide by those of a step.</details>

# %%
TARGET = drawn.number("target", 1.972, 1.997)  # nats per token, your class's
curves = table.assign(batch=table.group.str.removeprefix("batch-").astype(int))
curves = curves.groupby(["batch", "tokens"], as_index=False)[["val_loss"]].mean()  # means of three seeds

# %% tags=["answer"] labgpt={"id": "larger", "points": 2, "objective": 3, "blank": ["# your answer", "raise NotImplementedError(\"two numbers of steps, then choose\")", "few = ...", "many = ...", "choice = \"\""]}
# your answer
import numpy as np

steps = {}
for k in (1, 16):
    rows = curves[curves.batch == k]
    steps[k] = np.exp(np.interp(-TARGET, -rows.val_loss, np.log(rows.tokens))) / (2048 * k)
few, many = steps[1], steps[16]
choice = "b"

# %% tags=["check"] labgpt={"id": "larger"}
for value, name in ((few, "few"), (many, "many")):
    check.require(1 < check.number(value, name, "steps") < 5_000, f"{name} is {value:,.4g}: expected a number of steps, below 5,000; look at whether it counts tokens")
check.one_of(choice, "abcd", "choice")
print(f"batch ×1: {few:.0f} steps, batch ×16: {many:.0f} steps; a perfect network makes 16 workers {few / many:.1f} times as fast")
check.passed()

# %% tags=["hidden"] labgpt={"id": "larger"}
import numpy


def needed(rows, k):
    return float(numpy.exp(numpy.interp(-TARGET, -rows.val_loss, numpy.log(rows.tokens)))) / (2048 * k)


counts = {}
for name, k in (("few", 1), ("many", 16)):
    rows = curves[curves.batch == k]
    truth, mine = needed(rows, k), check.number(ask(name), name, "steps")
    counts[name], said = truth, f"the tokens at which the loss is {TARGET}, over the tokens of a step"
    if abs(mine - truth * k) < 0.005 * truth * k and k > 1:
        said = "a step of batch ×16 has 16 times the tokens, 32,768"
    elif k > 1 and abs(mine - check.number(ask("few"), "few") / 16) < 1e-6 * mine:
        said = "a sixteenth of few is a guess, not a measurement: take the rows of batch 16"
    elif min(abs(mine - rows.tokens.min() / (2048 * k)), abs(mine - rows.tokens.max() / (2048 * k))) < 0.01:
        said = "that is the end of the table: np.interp wants numbers that rise, and losses fall"
    check.close(mine, truth, name, "steps", "this: " + said, relative=0.005)
letter, kept = check.one_of(ask("choice"), "abcd", "choice"), "your two numbers are right, but "
if letter == "a":
    award(1, kept + "steps are counted here, not seconds, and no network is in them; look at what a larger batch does to a step")
elif letter == "c":
    award(1, kept + f"the ×16 runs saw more tokens on their way there, {16 * counts['many'] / counts['few']:.1f} times as many; look at many · 32,768 and few · 2,048")
elif letter == "d":
    seeds = [needed(rows, 16) for _, rows in table[table.group == "batch-16"].sort_values("tokens").groupby("seed")]
    award(1, kept + f"each of the three seeds needs at least {min(seeds):.0f} steps, and a sixteenth of few is {counts['few'] / 16:.0f}: that is not chance")

# %% [markdown]
# ## 6 · Workers for a deadline (2 points)
#
# With W workers the batch is W times as large, so each worker's own step takes `step_s` seconds whatever W is. Then comes the ring:
# 2·(W − 1) messages one after the other, each with a `latency` in seconds, and 2·(W − 1)/W times `n_bytes` over the `bandwidth` in
# bytes a second. `steps` is a list of `(W, steps to the target loss)`, as measured, in order of W.
#
# Write `workers(steps, step_s, n_bytes, latency, bandwidth, deadline)`: return `(smallest, fastest)`: the smallest W that reaches the
# target within `deadline` seconds (`None` if no W does), and the W that is there first.
#
# <details><summary>Hint 1</summary>Time = steps · (a worker's own step + the ring).</details>
# <details><summary>Hint 2</summary>How long does the ring take with W = 1? The formula says it by itself.</details>
# <details><summary>Hint 3</summary>Make a dictionary from W to its time; `min(time, key=time.get)` is the fastest.</details>

# %% tags=["answer"] labgpt={"id": "deadline", "points": 2, "objective": 3, "blank": ["# your answer", "def workers(steps, step_s, n_bytes, latency, bandwidth, deadline):", "    raise NotImplementedError(\"return smallest, fastest\")"]}
# your answer
def workers(steps, step_s, n_bytes, latency, bandwidth, deadline):
    time = {}
    for w, count in steps:
        ring = 2 * (w - 1) * latency + 2 * (w - 1) / w * n_bytes / bandwidth
        time[w] = count * (step_s + ring)
    return min((w for w in time if time[w] <= deadline), default=None), min(time, key=time.get)

# %% tags=["check"] labgpt={"id": "deadline"}
counts = [(1, 100), (2, 70)]
smallest, fastest = workers(counts, 1.0, 1e6, 0.0, 1e12, 80)  # hardly anything to send
check.require((smallest, fastest) == (2, 2), f"with hardly anything to send, workers gives {check.shown((smallest, fastest))}: expected 2 and 2: one worker takes 100 s, two take 70 s, and the deadline is 80 s")
smallest, fastest = workers(counts, 1.0, 1e6, 10.0, 1e12, 80)  # endless messages
check.require(fastest == 1, f"with 10 s a message, fastest is {check.shown(fastest)}: expected 1; look at the ring's time")
check.require(smallest is None, f"with 10 s a message, smallest is {check.shown(smallest)}: expected None: one worker takes 100 s, two take longer, and the deadline is 80 s")
check.passed()

# %% tags=["hidden"] labgpt={"id": "deadline"}
def answer(steps, deadline, step):
    """step: seconds of one step, ring included, for each W."""
    time = {w: count * step[w] for w, count in steps}
    return [min((w for w in time if time[w] <= deadline), default=None), min(time, key=time.get)], time


def counts(label, measured):
    """Steps as measured, all of them times one number: some other target's."""
    times = drawn.number(label, 1.0, 5.0)
    return [(w, round(times * count)) for w, count in measured]


def case(i, measured, between, share, parts, n_bytes=278_528):
    """Arguments of workers: a step's seconds drawn, messages and bytes as shares of it, a deadline between the times of two worlds."""
    steps, step_s = counts(f"steps {i}", measured), drawn.number(f"step {i}", 0.01, 0.4)
    latency, bandwidth = float(f"{step_s * parts[0]:.3g}"), float(f"{n_bytes / (step_s * parts[1]):.3g}")
    late, soon = (dict(steps)[w] * (step_s + 2 * (w - 1) * latency + 2 * (w - 1) / w * n_bytes / bandwidth) for w in between)
    return steps, step_s, n_bytes, latency, bandwidth, float(f"{soon + share * (late - soon):.4g}")


lesson = [(1, 230), (2, 124), (4, 79), (8, 57), (16, 46)]
longer = [(1, 5_000), (4, 1_600), (16, 700), (64, 450)]
late, slow = drawn.number("latency", 0.045, 0.055), drawn.number("sending", 0.44, 0.49)
for steps, step_s, n_bytes, latency, bandwidth, deadline in [
    case(0, lesson, (2, 4), drawn.number("share 0", 0.05, 0.3), (late, slow)),  # the fewest in time are 4, the fastest 8
    case(1, lesson, (4, 8), -drawn.number("share 1", 0.5, 2.0), (late, slow)),  # none is in time
    case(2, lesson, (2, 1), drawn.number("share 2", 0.01, 0.05), (drawn.number("latency 2", 0.004, 0.006), drawn.number("sending 2", 12.0, 16.0))),  # alone is fastest
    case(3, longer, (4, 16), drawn.number("share 3", 0.1, 0.5), (drawn.number("latency 3", 5e-5, 8e-5), drawn.number("sending 3", 0.05, 0.08)), int(5e8)),
]:  # fmt: skip
    messages = {w: 2 * (w - 1) * latency for w, _ in steps}
    sending = {w: 2 * (w - 1) / w * n_bytes / bandwidth for w in messages}
    truth, time = answer(steps, deadline, {w: step_s + messages[w] + sending[w] for w in messages})
    wrong = {"the network is left out: sending takes time": {w: step_s for w in messages},
             "a worker's own step is divided by W, but the batch has grown with W, and the step takes as long as before":
                 {w: step_s / w + messages[w] + sending[w] for w in messages},
             "the latency counts once for each message, and a ring has 2·(W − 1) one after the other":
                 {w: step_s + (latency + sending[w] if w > 1 else 0) for w in messages}}  # fmt: skip
    slips = {said: answer(steps, deadline, step)[0] for said, step in wrong.items()}
    call, mine = f"workers({steps}, {step_s}, {n_bytes:.6g}, {latency}, {bandwidth:.3g}, {deadline})", ask("workers", steps, step_s, n_bytes, latency, bandwidth, deadline)
    check.require(type(mine) in (tuple, list) and len(mine) == 2, f"{call} is {check.shown(mine)}: expected smallest and fastest")
    if list(mine) != truth:
        said = next((s for s, slip in slips.items() if slip == list(mine)), "steps · (own step + ring) for each W")
        if mine[1] == truth[1] and mine[0] in time and truth[0] is not None and time[mine[0]] <= deadline:
            award(1, f"fastest is right, but smallest is {mine[0]} in {call}: expected {truth[0]}, the fewest workers that are there in time; {mine[0]} are in time too, and cost more")
        else:
            times = ", ".join(f"{w}: {t:.3g} s" for w, t in time.items())
            check.require(False, f"{call} is {check.shown(list(mine))}: expected {truth}, for the times are {times}; look at this: {said}")
