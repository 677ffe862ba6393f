# %% [markdown]
# # Exercise 11: Who can afford it?
#
# Goes with notebook 11. **You will** count the activations of a training step, turn FLOPs into days and dollars, tell what the
# machines did from what the grid did, and choose between a laptop, a laboratory's server and a company's cluster.
#
# About 45 minutes, 8 points, difficulty ●●●○○.
#
# Write into the cells marked *your answer* and run the check below each. Only those cells are graded, each with what the
# unmarked cells define: put everything an answer needs into its own cell. A green check is no promise of points, because
# grading tries other inputs. The hints open one by one.

# %%
from labgpt.course import Lesson, check

table = Lesson("11_what_scale_costs").reference  # three widths, three seeds each, one core of our machine

# %% [markdown]
# ## 1 · Activation memory (2 points)
#
# A layer of GPT's block keeps, in 16-bit training, 34 bytes for each token and each of its `d_model` channels. Besides, for each
# head, a table of scores between all pairs of tokens of a row: 5 bytes a pair (2 for the softmax, 1 for the dropout mask, 2
# for the result).
#
# Write `activations(rows, seq_len, d_model, n_head, n_layer, scores=True)`: the bytes that all layers keep for `rows` rows of `seq_len`
# tokens. With `scores=False` the scores are worked out again in the backward pass, and none are kept.
#
# <details><summary>Hint 1</summary>How many tokens are there in all rows together? And how many pairs, within rows only?</details>
# <details><summary>Hint 2</summary>A row has seq_len² pairs (all are stored, seen or not), and each head has a table of its own.</details>
# <details><summary>Hint 3</summary>n_layer · rows · (34 · seq_len · d_model + 5 · n_head · seq_len²).</details>

# %% tags=["answer"] labgpt={"id": "activations", "points": 2, "objective": 1, "blank": ["# your answer", "def activations(rows, seq_len, d_model, n_head, n_layer, scores=True):", "    raise NotImplementedError(\"return a number of bytes\")"]}
# your answer
def activations(rows, seq_len, d_model, n_head, n_layer, scores=True):
    per_row = 34 * seq_len * d_model + (5 * n_head * seq_len**2 if scores else 0)
    return n_layer * rows * per_row

# %% tags=["check"] labgpt={"id": "activations"}
check.close(activations(1, 2048, 12288, 96, 1) / 1e9, 2.869, "one layer of GPT-3, one row of 2,048 tokens", "GB", "both terms, and the units", absolute=0.001,
            slips={"one table of scores is counted, but each of the heads has one": 0.87661})
check.close(activations(1, 2048, 12288, 96, 2) / activations(1, 2048, 12288, 96, 1), 2, "two layers over one", "", "n_layer")
check.passed()

# %% tags=["hidden"] labgpt={"id": "activations"}
# ruff: noqa: F821  (the grader brings ask, which gets a value from the learner's kernel, award, and drawn, the class's numbers)
cases = [(drawn.integer(f"rows {i}", 2, 9), 64 * drawn.integer(f"length {i}", 1, 64), 64 * (heads := drawn.integer(f"heads {i}", 2, 25)), heads,
          drawn.integer(f"layers {i}", 3, 48), scores) for i, scores in enumerate([True, True, False, True])]  # fmt: skip
for rows, length, d, heads, layers, scores in cases:
    truth = layers * rows * (34 * length * d + scores * 5 * heads * length**2)
    call = f"activations({rows}, {length}, {d}, {heads}, {layers}, scores={scores})"
    slips = {"tokens of different rows are paired, but pairs lie within a row": layers * (34 * rows * length * d + 5 * heads * (rows * length) ** 2),
             "the scores, with the square of the length, are counted though none are kept": layers * rows * (34 * length * d + 5 * heads * length**2)}
    check.close(ask("activations", rows, length, d, heads, layers, scores), truth, call, "bytes", "what each row keeps, in each layer", relative=1e-6, slips=slips)

# %% [markdown]
# ## 2 · Price a run (2 points)
#
# A model of `n` weights is to be trained on `tokens` tokens, on `gpus` devices whose peak is `peak` FLOPs a second each. It reaches the
# share `mfu` of that. A device costs `dollars_per_hour`.
#
# Write `price(n, tokens, gpus, peak, mfu, dollars_per_hour)`: return `(days, dollars)`. Take C = 6·N·D.
#
# <details><summary>Hint 1</summary>How many FLOPs a second do all devices together really do?</details>
# <details><summary>Hint 2</summary>Every device is paid for, for as long as the run lasts.</details>
# <details><summary>Hint 3</summary>seconds = 6·n·tokens / (gpus·peak·mfu); dollars = seconds / 3600 · gpus · dollars_per_hour.</details>

# %% tags=["answer"] labgpt={"id": "price", "points": 2, "objective": 2, "blank": ["# your answer", "def price(n, tokens, gpus, peak, mfu, dollars_per_hour):", "    raise NotImplementedError(\"return days, dollars\")"]}
# your answer
def price(n, tokens, gpus, peak, mfu, dollars_per_hour):
    seconds = 6 * n * tokens / (gpus * peak * mfu)
    return seconds / 86_400, seconds / 3600 * gpus * dollars_per_hour

# %% tags=["check"] labgpt={"id": "price"}
days, dollars = price(1e9, 20e9, 8, 300e12, 0.4, 2.0)
check.require(days > 0 and dollars > 0, f"price gives {days:.3g} days and {dollars:.3g} dollars: expected both above 0")
twice, same = price(1e9, 20e9, 16, 300e12, 0.4, 2.0)
check.close(days / twice, 2, "days on 8 devices over days on 16", "", "how many share the work", relative=1e-6)
check.close(same, dollars, "dollars on 16 devices", "$", "half the time, twice the devices", relative=1e-6)
check.passed()

# %% tags=["hidden"] labgpt={"id": "price"}
cases = [(drawn.number(f"n {i}", 1, 9) * scale, drawn.number(f"tokens {i}", 10, 30) * scale, gpus, peak, drawn.number(f"mfu {i}", 0.2, 0.5), drawn.number(f"hourly {i}", 0.5, 4))
         for i, (scale, gpus, peak) in enumerate([(1e11, 1024, 312e12), (1e9, 3, 65e12), (1e10, 256, 989e12)])]  # fmt: skip
for n, tokens, gpus, peak, mfu, hourly in cases:
    seconds, call = 6 * n * tokens / (gpus * peak * mfu), f"price({n:.3g}, {tokens:.3g}, {gpus}, {peak:.3g}, {mfu}, {hourly})"
    mine = ask("price", n, tokens, gpus, peak, mfu, hourly)
    check.require(type(mine) in (tuple, list) and len(mine) == 2, f"{call} is {check.shown(mine)}: expected days and dollars")
    check.close(mine[0], seconds / 86_400, f"days of {call}", "days", "the FLOPs over what all devices really do in a day", relative=1e-6,
                slips={"that is at the peak, but only a share of the peak is reached": seconds / 86_400 * mfu,
                       "only the way forward is counted, 2 FLOPs, but training takes 6 FLOPs a weight and token": seconds / 86_400 / 3})
    check.close(mine[1], seconds / 3600 * gpus * hourly, f"dollars of {call}", "$", "device-hours: every device is paid for, all the time", relative=1e-6,
                slips={"days are multiplied with the price of an hour; take device-hours": seconds / 86_400 * gpus * hourly,
                       "one device alone is paid for; take device-hours, of all of them": seconds / 3600 * hourly})

# %% [markdown]
# ## 3 · The machines or the grid? (2 points)
#
# Two accounts of training one model, each a dictionary with `device_hours`, `watts` (of a device), `pue` and `grams` (CO2e a
# kWh of the grid).
#
# Write `effects(first, second)`: a dictionary with `devices`, `building` and `grid`, the factors by which each turns the first
# account's carbon into the second's. Their product is the ratio of the two totals.
#
# <details><summary>Hint 1</summary>Carbon is a product: device-hours · watts · PUE · grams. So its ratio is a product of ratios.</details>
# <details><summary>Hint 2</summary>What the devices draw is device-hours · watts: fewer hours at more watts can be less.</details>
# <details><summary>Hint 3</summary>Each factor is the second's over the first's.</details>

# %% tags=["answer"] labgpt={"id": "effects", "points": 2, "objective": 3, "blank": ["# your answer", "def effects(first, second):", "    raise NotImplementedError(\"return {'devices': …, 'building': …, 'grid': …}\")"]}
# your answer
def effects(first, second):
    drawn = [account["device_hours"] * account["watts"] for account in (first, second)]
    return {"devices": drawn[1] / drawn[0], "building": second["pue"] / first["pue"], "grid": second["grams"] / first["grams"]}

# %% tags=["check"] labgpt={"id": "effects"}
bloom = [{"device_hours": 1_082_880, "watts": 400, "pue": 1.1, "grams": 385}, {"device_hours": 1_082_990, "watts": 400, "pue": 1.0, "grams": 57}]
mine = effects(*bloom)
check.require(sorted(mine) == ["building", "devices", "grid"], f"effects gives {sorted(mine)}: expected devices, building, grid")
check.close(mine["devices"] * mine["building"] * mine["grid"], 24.7 / 183.4, "the product of BLOOM's three factors", "", "183.4 t became 24.7 t: hours · watts, PUE and grams", relative=0.01,
            slips={"the factors lead from the second account to the first; take the second's over the first's": 7.429,
                   "the building's factor is taken from its overhead alone, PUE − 1; all that it draws goes with PUE": 0})
check.passed()

# %% tags=["hidden"] labgpt={"id": "effects"}
def account(i, hours):
    return {"device_hours": drawn.integer(f"hours {i}", hours, 2 * hours), "watts": drawn.integer(f"watts {i}", 250, 700),
            "pue": drawn.number(f"pue {i}", 1.1, 1.6), "grams": drawn.number(f"grams {i}", 40, 660)}  # fmt: skip


old = account("old", 40_000)
for first, second in [(old, account("new", 9_000)), (old, old | {"grams": drawn.number("cleaner", 20, 39)}), (account("one", 5_000), account("other", 5_000))]:
    mine, call = ask("effects", first, second), f"effects({first}, {second})"
    truth = {"devices": second["device_hours"] * second["watts"] / (first["device_hours"] * first["watts"]),
             "building": second["pue"] / first["pue"], "grid": second["grams"] / first["grams"]}  # fmt: skip
    check.require(type(mine) is dict and set(mine) == set(truth), f"{call} is {check.shown(mine)}: expected a dictionary with devices, building, grid")
    look = {"devices": "hours · watts, the second's over the first's", "building": "the second's PUE over the first's", "grid": "the second's grams over the first's"}
    for name, value in truth.items():
        slips = {"those are the watts alone, but energy is hours · watts, and a device of more watts may need fewer hours": second["watts"] / first["watts"]}
        check.close(mine[name], value, f"{name} of {call}", "", look[name], relative=1e-6, slips=slips if name == "devices" else None)

# %% [markdown]
# ## 4 · Laptop, laboratory, company (2 points)
#
# A model of `WEIGHTS` billion weights on `TOKENS` billion tokens costs `C` FLOPs. Three plans:
#
# | | devices | FLOPs a second, each | watts, each | PUE | grid, g/kWh |
# |---|---|---|---|---|---|
# | A, laptop | 2 cores | as measured: see below | 15 | 1.0 | 40.7 (Sweden) |
# | B, laboratory | 8 | 125e12 | 400 | 1.58 | 369.5 (US) |
# | C, company | 64 | 400e12 | 700 | 1.1 | 661.9 (Poland) |
#
# - `laptop_kwh`: the energy of plan A. A core does what width 64 did in `table`: its `flops` over its `seconds`, the median of its runs.
# - `most`: the plan that causes the most carbon, "A", "B" or "C".
# - `because`: "p" its devices draw the most watts; "q" its grid is the dirtiest; "r" it gets the fewest FLOPs out of a joule.
#
# <details><summary>Hint 1</summary>`table[table.d_model == 64]` has the runs. How many seconds do two such cores take, and what do they draw together?</details>
# <details><summary>Hint 2</summary>kWh = seconds · watts / 3.6e6. Work out all three plans before you choose.</details>
# <details><summary>Hint 3</summary>Joules a FLOP are watts over FLOPs a second. Compare the three.</details>

# %%
WEIGHTS = drawn.number("weights", 0.8, 2.8)  # billions, your class's
TOKENS = drawn.number("tokens", 15, 60)  # billions
C = 6 * WEIGHTS * 1e9 * TOKENS * 1e9

# %% tags=["answer"] labgpt={"id": "plan", "points": 2, "objective": 2, "blank": ["# your answer", "laptop_kwh = None", "most = None", "because = None"]}
# your answer
runs = table[table.d_model == 64]
pace = float((runs.flops / runs.seconds).median())
laptop_kwh = C / (2 * pace) * (2 * 15) / 3.6e6
most = "A"
because = "r"

# %% tags=["check"] labgpt={"id": "plan"}
if laptop_kwh is not None:
    check.number(laptop_kwh, "laptop_kwh", "kWh")
for letter, allowed, what in ((most, "ABC", "most"), (because, "pqr", "because")):
    if letter is not None:
        check.one_of(letter, allowed, what)
check.passed()

# %% tags=["hidden"] labgpt={"id": "plan"}
wide = table[table.d_model == 64]
speed = float((wide.flops / wide.seconds).median())
kwh = {"A": C / (2 * speed) * 30 / 3.6e6, "B": C / (8 * 125e12) * 8 * 400 * 1.58 / 3.6e6, "C": C / (64 * 400e12) * 64 * 700 * 1.1 / 3.6e6}
kg = {name: kwh[name] * grams / 1000 for name, grams in (("A", 40.7), ("B", 369.5), ("C", 661.9))}
check.close(ask("laptop_kwh"), kwh["A"], "laptop_kwh", "kWh", "width 64's FLOPs over its seconds, and what two cores draw", relative=0.02,
            slips={"only one core's watts are counted, but two work: take both cores' watts": kwh["A"] / 2,
                   "the small model's tokens a second are taken for the large one's: a core's pace is its FLOPs over its seconds":
                       TOKENS * 1e9 / (2 * float(wide.tokens_per_s.median())) * 30 / 3.6e6})
said, why = check.one_of(ask("most"), "ABC", "most"), check.one_of(ask("because"), "pqr", "because")
if (said, why) != ("A", "r"):
    award(1, f"laptop_kwh is right; but the plans cause {', '.join(f'{kg[k]:,.0f} kg ({k})' for k in kg)}: look at the joules a FLOP")
