# %% [markdown]
# # Exercise 09: What is sent, and what breaks?
#
# Goes with notebook 09. **You will** build an all-reduce from send and receive, explain a byte count, say how many ranks a model
# needs under ZeRO-1, mend a data-parallel trainer, and name the rank to blame from what the ranks said.
#
# About 60 minutes, 12 points, difficulty ●●●●○.
#
# Write into the cells marked *your answer* and run the check below each. Only those cells are graded, each with what the
# unmarked cells define: put everything an answer needs into its own cell. A green check is no promise of points, because
# grading tries other inputs. The hints open one by one.

# %%
import queue
from concurrent.futures import ThreadPoolExecutor

from labgpt.course import check


def ring(work, vectors):
    """Run work(mine, rank, world_size, send, receive) for each rank, as threads: ([what each returned], [how many numbers each sent])."""
    w, sent = len(vectors), [0] * len(vectors)
    boxes = [queue.Queue() for _ in range(w)]

    def one(rank):
        def send(value):
            if not isinstance(value, (int, float)):
                raise TypeError("send takes one number at a time")
            sent[rank] += 1
            boxes[(rank + 1) % w].put(value)

        def receive():
            try:
                return boxes[rank].get(timeout=1)
            except queue.Empty:
                raise TimeoutError(f"rank {rank} waited for a number that nobody sent") from None

        return work(list(vectors[rank]), rank, w, send, receive)

    with ThreadPoolExecutor(w) as pool:
        return list(pool.map(one, range(w))), sent


# %% [markdown]
# ## 1 · All-reduce from send and receive (3 points)
#
# Each of W ranks has a list of W numbers; number i is its piece i. All ranks want the sums: a list of W numbers, the same for all.
# A rank may call `send(number)`, to the rank on its right (rank + 1, the last one's right is rank 0), and `receive()`, which waits for a
# number from its left. `ring(work, vectors)` above runs all ranks at once and counts what each sends.
#
# Write `all_reduce(mine, rank, world_size, send, receive)`: return the list of sums. For full points each rank sends 2·(W − 1)
# numbers; sums that are right but cost more get 1 point.
#
# <details><summary>Hint 1</summary>First W − 1 rounds that add up, then W − 1 rounds that hand finished sums on.</details>
# <details><summary>Hint 2</summary>In round h of the first half, rank r sends piece (r − h − 1) mod W and adds what comes to piece (r − h − 2) mod W. Which piece is finished after the last round?</details>
# <details><summary>Hint 3</summary>Second half, round h: send piece (r − h) mod W, and put what comes in place of piece (r − h − 1) mod W.</details>

# %% tags=["answer"] labgpt={"id": "ring", "points": 3, "objective": 1, "blank": ["# your answer", "def all_reduce(mine, rank, world_size, send, receive):", "    raise NotImplementedError(\"return the list of sums\")"]}
# your answer
def all_reduce(mine, rank, world_size, send, receive):
    for h in range(world_size - 1):
        send(mine[(rank - h - 1) % world_size])
        mine[(rank - h - 2) % world_size] += receive()
    for h in range(world_size - 1):
        send(mine[(rank - h) % world_size])
        mine[(rank - h - 1) % world_size] = receive()
    return mine

# %% tags=["check"] labgpt={"id": "ring"}
results, sent = ring(lambda *a: all_reduce(*a), [[1.0, 2.0], [10.0, 20.0]])
check.require(all(list(r) == [11.0, 22.0] for r in results), f"two ranks with [1, 2] and [10, 20] end with {check.shown(results)}: expected [11, 22] on both")
print(f"two ranks: right, {sent[0]} numbers sent by rank 0")
check.passed()


def ring_of_mine(vectors):
    return ring(all_reduce, vectors)

# %% tags=["hidden"] labgpt={"id": "ring"}
# ruff: noqa: F821  (the grader brings ask, which gets a value from the learner's kernel, award, and drawn, the class's numbers)
most = 0
for ranks in (3, drawn.integer("ranks", 4, 6)):
    vectors = [[drawn.number(f"piece {ranks} {r} {i}", -9.0, 9.0) for i in range(ranks)] for r in range(ranks)]
    w, truth = len(vectors), [sum(column) for column in zip(*vectors)]
    results, sent = ask("ring_of_mine", vectors)
    for rank, mine in enumerate(results):
        check.require(type(mine) is list and len(mine) == w, f"rank {rank} of {w} ends with {check.shown(mine)}: expected a list of {w} numbers")
        wrong = [i for i in range(w) if abs(check.number(mine[i], f"sum {i} on rank {rank}") - truth[i]) > 1e-9]
        check.require(not wrong, f"rank {rank} of {w} ends with {check.shown(mine)}: expected {truth}; look at pieces {wrong}: "
                      + ("one piece alone is finished, which is half of the ring: the sums must be handed on" if len(wrong) == w - 1 else "which piece is added to which, in each round"))  # fmt: skip
    most = max(most, max(sent) / (2 * (w - 1)))
if most > 1:
    award(1, f"the sums are right, but a rank sends {most:.1f} times 2·(W − 1) numbers; look at pieces: a rank need not see everybody's numbers to add them up")

# %% [markdown]
# ## 2 · Read a byte count (2 points)
#
# `runs` has what the lesson's three ranks sent in a step, in bytes, as the operating system counted (another run of it).
#
# - `ratio`: how many times as many bytes as torch's DDP does torch's ZeRO-1 send? Means over the ranks in `READ`, your class's.
# - `choice`: why is it more, when the ZeRO-1 by hand sends no more than the naive form?
#   - `"a"` ZeRO-1 keeps less, so it has to send more: memory is paid for in bytes.
#   - `"b"` torch's all-reduces the whole gradient and then sends the new weights; by hand, the gradient is only reduce-scattered.
#   - `"c"` torch's has more messages, and each has a header.
#   - `"d"` The moments are sent as well.
#
# <details><summary>Hint 1</summary>A mean over the same ranks for each of the two, then divide.</details>
# <details><summary>Hint 2</summary>An all-reduce is a reduce-scatter and an all-gather. Which halves does each of the two forms make?</details>
# <details><summary>Hint 3</summary>An all-reduce and then a third half: one and a half.</details>

# %%
runs = {"naive": [128_945, 127_757, 127_126], "zero1 by hand": [122_395, 120_728, 122_395], "torch ddp": [129_918, 121_349, 121_352],
        "torch zero1": [196_686, 187_504, 172_136]}  # fmt: skip
READ = drawn.choice("ranks read", [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]])  # the ranks whose counts you are to use

# %% tags=["answer"] labgpt={"id": "bytes", "points": 2, "objective": 1, "blank": ["# your answer", "raise NotImplementedError(\"a number, then choose\")", "ratio = ...", "choice = \"\""]}
# your answer
ratio = sum(runs["torch zero1"][rank] for rank in READ) / sum(runs["torch ddp"][rank] for rank in READ)
choice = "b"

# %% tags=["check"] labgpt={"id": "bytes"}
check.require(0 < check.number(ratio, "ratio") < 10, f"ratio is {ratio:.4g}: expected how many times as many, such as 1.2")
check.one_of(choice, "abcd", "choice")
check.passed()

# %% tags=["hidden"] labgpt={"id": "bytes"}
read, mine = {form: sum(counts[rank] for rank in READ) for form, counts in runs.items()}, check.number(ask("ratio"), "ratio")
truth = read["torch zero1"] / read["torch ddp"]
slips = {"that is upside down": 1 / truth, "that is one form over the naive one, not over torch's DDP": read["torch zero1"] / read["naive"],
         "that is the ZeRO-1 by hand": read["zero1 by hand"] / read["torch ddp"],
         f"that is of all ranks: asked is READ, {READ}": sum(runs["torch zero1"]) / sum(runs["torch ddp"])}  # fmt: skip
said = next((s for s, slip in slips.items() if abs(mine - slip) < 0.002), f"the mean of ranks {READ} under torch zero1 over that under torch ddp")
check.close(mine, truth, "ratio", "", "this: " + said, absolute=0.003)
letter, kept = check.one_of(ask("choice"), "abcd", "choice"), "the ratio is right, but "
if letter == "a":
    award(1, kept + "the form by hand keeps as little and sends no more than naive; look at what an all-reduce is made of")
elif letter == "c":
    award(1, kept + "headers would not make up that many bytes; look at what an all-reduce is made of")
elif letter == "d":
    award(1, kept + "a rank's moments stay with it, that is the point of ZeRO-1; look at what an all-reduce is made of")

# %% [markdown]
# ## 3 · How many ranks? (2 points)
#
# A model of `n` weights is trained in mixed precision: 2 bytes a weight for the weights, 2 for the gradients, and 12 for the
# optimizer, of which ZeRO-1 shares out the last alone.
#
# Write `ranks_needed(n, device_bytes)`: the fewest ranks with which these fit on each device (activations left aside), or `None`
# where no number of ranks would do.
#
# <details><summary>Hint 1</summary>What remains on a rank when there are very many of them?</details>
# <details><summary>Hint 2</summary>4·n + 12·n/W must not be more than device_bytes.</details>
# <details><summary>Hint 3</summary>`math.ceil(12 * n / (device_bytes - 4 * n))`, once the room left is above 0; at least 1.</details>

# %% tags=["answer"] labgpt={"id": "memory", "points": 2, "objective": 2, "blank": ["# your answer", "def ranks_needed(n, device_bytes):", "    raise NotImplementedError(\"return a number of ranks, or None\")"]}
# your answer
import math


def ranks_needed(n, device_bytes):
    room = device_bytes - 4 * n
    return max(1, math.ceil(12 * n / room)) if room > 0 else None

# %% tags=["check"] labgpt={"id": "memory"}
check.require(ranks_needed(1_000_000, 16_000_000) == 1, f"a model of 1M weights on 16 MB needs {check.shown(ranks_needed(1_000_000, 16_000_000))} ranks: expected 1: all 16 bytes a weight fit")
check.require(ranks_needed(1_000_000, 10_000_000) == 2, f"a model of 1M weights on 10 MB needs {check.shown(ranks_needed(1_000_000, 10_000_000))} ranks: expected 2: 4 MB and half of 12 MB just fit")
check.passed()

# %% tags=["hidden"] labgpt={"id": "memory"}
import math

cases = [(n, round(n * drawn.number(f"bytes a weight {i}", *ends), -6))  # many ranks, few, one, and none that would do
         for i, (n, ends) in enumerate((drawn.integer(f"n {i}", 800, 20_000) * 10**6, ends)
                                       for i, ends in enumerate([(4.6, 5.8), (5.8, 6.8), (8.5, 12.0), (2.2, 3.9), (17.0, 40.0)]))]  # fmt: skip
for n, device in cases:
    room = device - 4 * n
    truth, call = max(1, math.ceil(12 * n / room)) if room > 0 else None, f"ranks_needed({n:g}, {device:g})"
    mine = ask("ranks_needed", n, device)
    if truth is None:
        check.require(mine is None, f"{call} is {check.shown(mine)}: expected None; look at what ZeRO-1 does not share out: 4·n bytes stay on every rank")
    else:
        mine = check.number(mine, call, "ranks")
        slips = {"all 16 bytes are shared out: that is stage 3": max(1, math.ceil(16 * n / device)), "it is rounded down: then it does not fit": max(1, 12 * n // room),
                 "gradients are shared out too: that is stage 2": max(1, math.ceil(14 * n / (device - 2 * n)))}  # fmt: skip
        said = next((s for s, slip in slips.items() if slip == mine != truth), "4·n + 12·n/W against the device, rounded up")
        check.close(mine, truth, call, "ranks", "this: " + said)

# %% [markdown]
# ## 4 · Mend a trainer (3 points)
#
# `train(x, y, world_size, steps, rate)` below fits y = a·x by data parallel gradient descent, its ranks one after the other in a loop.
# It should return one weight a rank: all the same, and the same for every `world_size`, to rounding. It has **two faults**. Mend both
# and change nothing else: rank 0's first weight, the slices and the rate are as they should be.
#
# <details><summary>Hint 1</summary>Run it with 1, 2 and 3 ranks on seven points. What differs among ranks, and what among world sizes?</details>
# <details><summary>Hint 2</summary>One fault is there before the first step. The other shows only where slices are uneven.</details>
# <details><summary>Hint 3</summary>All ranks must start with rank 0's weight; a rank's gradient counts for as many rows as it has.</details>

# %% tags=["answer"] labgpt={"id": "mend", "points": 3, "objective": 3, "blank": ["# your answer", "import random", "", "raise NotImplementedError(\"mend two faults below, and take this line away\")", "", "", "def train(x, y, world_size, steps, rate):", "    weights = [random.Random(rank).uniform(-1, 1) for rank in range(world_size)]", "    for _ in range(steps):", "        gradients = []", "        for rank in range(world_size):", "            mine = range(rank, len(x), world_size)  # this rank's rows", "            gradients.append(sum(2 * (weights[rank] * x[i] - y[i]) * x[i] for i in mine) / len(mine))", "        mean = sum(gradients) / world_size", "        weights = [weight - rate * mean for weight in weights]", "    return weights"]}
# your answer
import random


def train(x, y, world_size, steps, rate):
    weights = [random.Random(0).uniform(-1, 1) for _ in range(world_size)]
    for _ in range(steps):
        gradients, rows = [], []
        for rank in range(world_size):
            mine = range(rank, len(x), world_size)
            gradients.append(sum(2 * (weights[rank] * x[i] - y[i]) * x[i] for i in mine) / len(mine))
            rows.append(len(mine))
        mean = sum(n * g for n, g in zip(rows, gradients)) / sum(rows)
        weights = [weight - rate * mean for weight in weights]
    return weights

# %% tags=["check"] labgpt={"id": "mend"}
points = ([1.0, 2.0, 3.0, 4.0], [2.1, 3.9, 6.2, 7.8])
check.require(len(train(*points, 2, 1, 0.01)) == 2, "train with 2 ranks: expected a list of 2 weights")
for w in (1, 2, 3):
    print(f"{w} ranks:", train(*points, w, 3, 0.01))
check.passed()

# %% tags=["hidden"] labgpt={"id": "mend"}
import random


def should(x, y, steps, rate):
    weight = random.Random(0).uniform(-1, 1)
    for _ in range(steps):
        weight -= rate * sum(2 * (weight * a - b) * a for a, b in zip(x, y)) / len(x)
    return weight


x = [drawn.number(f"x {i}", *ends) for i, ends in enumerate([(0.4, 1.0), (1.0, 1.5), (1.5, 2.0), (2.0, 2.5), (-1.5, -0.8), (2.5, 3.0), (-2.8, -2.0)])]
y = [round(2 * at + drawn.number(f"y {i}", -0.4, 0.4), 3) for i, at in enumerate(x)]
alike, even, off = True, True, []
for world_size, steps in ((1, 3), (7, 3), (2, 3), (3, 5), (4, 2)):
    mine = ask("train", x, y, world_size, steps, 0.02)
    check.require(type(mine) is list and len(mine) == world_size, f"train with {world_size} ranks gives {check.shown(mine)}: expected {world_size} weights")
    mine = [check.number(weight, f"a weight of train with {world_size} ranks") for weight in mine]
    alike &= max(mine) - min(mine) < 1e-9
    good = max(abs(weight - should(x, y, steps, 0.02)) for weight in mine) < 1e-9
    off += [] if good else [world_size]
    even &= good or world_size not in (1, 7)
if off and alike and even:
    award(1, f"all ranks start alike now, but {off[0]} ranks end elsewhere than one; look at uneven slices: 7 rows among them, and the mean of their means")
elif off and not alike:
    first = [check.number(weight, "a weight") for weight in ask("train", x, y, 2, 0, 0.02)]
    check.require(first[0] == random.Random(0).uniform(-1, 1), f"rank 0 starts with {first[0]:.4g}: expected its first weight as it was")
    one = [check.number(weight, "a weight") for weight in ask("train", x, y, 2, 1, 0.02)]
    gradients = [sum(2 * (first[r] * x[i] - y[i]) * x[i] for i in range(r, 7, 2)) for r in (0, 1)]
    check.require(abs(one[0] - (first[0] - 0.02 * sum(gradients) / 7)) < 1e-9, "the ranks end with different weights; look at what each starts with")
    award(1, "slices are weighted by their rows now, but the ranks end with different weights; look at what each starts with, before the first step")
elif off:
    check.require(False, f"with {off[0]} ranks the weights are not those of one process; look at what a rank starts with, and at what a row counts for")

# %% [markdown]
# ## 5 · Who is to blame? (2 points)
#
# `said` has what each rank said when a run failed with torch's checks on (`""`: nothing), shortened. `absent` is another run's.
#
# Write `culprit(messages)`: the number of the rank to blame. Each list has one message a rank, in the order of ranks. At most one rank
# is to blame, and the others agree. The rank may be any; so may operations and shapes.
#
# <details><summary>Hint 1</summary>Each rank says where it is itself. Who is alone there?</details>
# <details><summary>Hint 2</summary>Take what a rank says of *itself* (before "but Rank"): of another rank with another operation torch may say nonsense. Leave the sequence number out.</details>
# <details><summary>Hint 3</summary>`re.search(r"OpType=(\w+), TensorShape=\[(.*?)\]", message)` finds a rank's own; `re.search(r"Ranks (\d+) failed to pass", message)` the rank that never came.</details>

# %%
said = ["Detected mismatch between collectives on ranks. Rank 0 is running collective: CollectiveFingerPrint(SequenceNumber=0, OpType=ALLREDUCE, TensorShape=[512, 16]), but Rank 1 is running collective: CollectiveFingerPrint(SequenceNumber=0OpType=GATHER).",
        "Detected mismatch between collectives on ranks. Rank 1 is running collective: CollectiveFingerPrint(SequenceNumber=0, OpType=BROADCAST, TensorShape=[1]), but Rank 0 is running collective: CollectiveFingerPrint(SequenceNumber=0OpType=SCATTER).",
        "Detected mismatch between collectives on ranks. Rank 2 is running collective: CollectiveFingerPrint(SequenceNumber=0, OpType=ALLREDUCE, TensorShape=[512, 16]), but Rank 1 is running collective: CollectiveFingerPrint(SequenceNumber=0OpType=GATHER)."]  # fmt: skip
absent = ["[Rank 0]: Ranks 1 failed to pass monitoredBarrier in 3000 ms", "",
          "Rank 2 successfully reached monitoredBarrier, but received errors while waiting for send/recv from rank 0. Please check rank 0 logs for faulty rank."]  # fmt: skip

# %% tags=["answer"] labgpt={"id": "culprit", "points": 2, "objective": 3, "blank": ["# your answer", "def culprit(messages):", "    raise NotImplementedError(\"return the number of a rank\")"]}
# your answer
import re


def culprit(messages):
    for message in messages:
        if found := re.search(r"Ranks (\d+) failed to pass", message):
            return int(found[1])
    own = [re.search(r"OpType=(\w+), TensorShape=\[(.*?)\]", message).groups() for message in messages]
    return next(rank for rank, at in enumerate(own) if own.count(at) == 1)

# %% tags=["check"] labgpt={"id": "culprit"}
check.require(culprit(said) == 1, f"culprit(said) is {check.shown(culprit(said))}: expected 1: ranks 0 and 2 are at the same collective")
check.require(culprit(absent) == 1, f"culprit(absent) is {check.shown(culprit(absent))}: expected 1, the rank that rank 0 waited for")
check.passed()

# %% tags=["hidden"] labgpt={"id": "culprit"}
def words(at, w):
    """What each of w ranks says, at = {rank: (operation, shape)} for the odd one and None for the others."""
    odd, rest = next(r for r in at if r is not None), []
    for rank in range(w):
        op, shape = at.get(rank, at[None])
        other = (0 if rank else 1) if rank == odd else odd
        theirs = f"{at.get(other, at[None])[0]}, TensorShape=[{at.get(other, at[None])[1]}]" if op == at.get(other, at[None])[0] else "GATHER"
        rest.append(f"Detected mismatch between collectives on ranks. Rank {rank} is running collective: CollectiveFingerPrint(SequenceNumber={3 + rank % 2}, OpType={op}, "
                    f"TensorShape=[{shape}]), but Rank {other} is running collective: CollectiveFingerPrint(SequenceNumber=3, OpType={theirs}).")  # fmt: skip
    return rest


def shape(label, *sides):
    """A shape no other label has: its first side lies in the range given."""
    return f"{8 * drawn.integer(label, *sides)}, {8 * drawn.integer(label + ' second', 1, 9)}"


w = [drawn.integer(f"ranks {i}", 4, 6) for i in range(4)]
one, odd, late = (drawn.integer(f"odd {i}", 1, w[i] - 1) for i in (0, 2, 3))  # rank 0 is the second case's
op, alike = drawn.choice("operation", ["BROADCAST", "REDUCE_SCATTER", "ALLGATHER"]), shape("alike", 1, 60)
reached = "Rank {} successfully reached monitoredBarrier, but received errors while waiting for send/recv from rank 0. Please check rank 0 logs for faulty rank."
waited = [f"[Rank 0]: Ranks {late} failed to pass monitoredBarrier in 5000 ms", *("" if rank == late else reached.format(rank) for rank in range(1, w[3]))]
cases = [(one, words({one: ("ALLREDUCE", shape("short", 1, 30)), None: ("ALLREDUCE", shape("long", 31, 60))}, w[0]), "the shapes that ranks say of themselves"),
         (0, words({0: ("ALLREDUCE", shape("first", 1, 30)), None: ("ALLREDUCE", shape("rest", 31, 60))}, w[1]), "who is alone: rank 0 may be to blame as well"),
         (odd, words({odd: (op, alike), None: ("ALLREDUCE", alike)}, w[2]), "the operations, where all shapes are alike"),
         (late, waited, "the rank that failed to pass")]  # fmt: skip
for truth, messages, look in cases:
    mine = check.number(ask("culprit", messages), "culprit of " + check.shown(messages[-1]), "a rank")
    check.close(mine, truth, f"culprit of {len(messages)} ranks' messages ({messages[0][:48]}…)", "", look)
