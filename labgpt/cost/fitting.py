"""The simulator against published figures: fitted on a few rows of a table, judged on the others."""
import math
from collections.abc import Iterable

from labgpt.cost.check import known, need
from labgpt.cost.devices import device as find
from labgpt.cost.dimensions import Shape
from labgpt.cost.flops import mfu, palm_flops
from labgpt.cost.simulator import LINKS, ZERO, Habits, Layout, forward_of_blocks, step

COLUMNS = ("family", "model", "n_params", "n_layer", "d_model", "n_head", "seq_len", "global_batch", "gpus", "tp", "pp", "sharding",
           "device", "metric", "value", "fit")  # fmt: skip
METRICS = ("tokens_per_s_per_gpu", "tflops_per_gpu", "step_s", "mfu")
FITTED = ("efficiency", "reach", "delay", "passes", "inside")
COMMON, OWN = (0.2, 0.5, 0.7, 0.3, 0.2), (0.1, 0.7, 0.7, 0.3, 0.1)  # spread of logarithms: all families', one's among them
NOISE = 0.01  # relative, of a published figure


def rows_of(table: Iterable[dict]) -> list[dict]:
    """A CSV's rows with numbers for words. Raises ValueError for a column or a value that is missing or not allowed."""
    found = []
    for i, raw in enumerate(table):
        row = dict(raw)
        for name in COLUMNS:
            need(row.get(name) not in (None, ""), f"row {i + 1}: {name}", row.get(name), "a value in every row")
            if name not in ("family", "model", "sharding", "device", "metric"):
                try:
                    row[name] = float(row[name]) if name in ("n_params", "value") else int(float(row[name]))
                except ValueError:
                    need(False, f"row {i + 1}: {name}", row[name], "a number")
                need(row[name] > 0 or name == "fit", f"row {i + 1}: {name}", row[name], "more than 0")
        known("sharding", row["sharding"], ZERO)
        known("metric", row["metric"], METRICS)
        known("device", row["device"], LINKS)
        split = row["tp"] * row["pp"]
        need(row["gpus"] % split == 0, f"row {i + 1}: gpus", row["gpus"], f"a multiple of tp · pp = {split}")
        found.append(row)
    need(len(found) > 0, "table", "no rows", "a header and a row or more")
    return found


def predict(row: dict, habits: Habits) -> float:
    """The row's metric. A row in TFLOP/s counts blocks run forward twice, and scores in memory, as Narayanan et al. 2021 (equation 3)
    do; the others neither. Rows of a pipeline are taken one at a time, those of plain data parallel all at once."""
    s = Shape(50257, row["seq_len"], row["n_layer"], row["d_model"], row["n_head"])
    again, n, d = row["metric"] == "tflops_per_gpu", row["n_params"], find(row["device"])
    ranks = row["gpus"] // (row["tp"] * row["pp"])
    micro = 1 if row["pp"] > 1 else max(1, row["global_batch"] // ranks)
    lay = Layout(row["tp"], row["pp"], row["sharding"], micro, "full" if again else "none", not again)
    seconds = sum(step(s, n, row["global_batch"], row["gpus"], d, LINKS[row["device"]], lay, habits).values())
    pace = row["global_batch"] * s.seq_len / seconds / row["gpus"]
    flop = palm_flops(n, s.n_layer, s.d_query, s.seq_len)
    return {"step_s": seconds, "tokens_per_s_per_gpu": pace, "mfu": mfu(flop, pace, d.peak),
            "tflops_per_gpu": (flop + forward_of_blocks(s, n)) * pace / 1e12}[row["metric"]]  # fmt: skip


def fit(rows: list[dict]) -> dict[str, Habits]:
    """Habits of each family, from rows with fit = 1: a family has its own, drawn to those of all, those to the defaults (least
    squares of logarithms, spreads as above). So one row moves mostly what it tells about."""
    from scipy.optimize import least_squares

    families, used = sorted({row["family"] for row in rows}), [row for row in rows if row["fit"] == 1]
    place, k = {name: i + 1 for i, name in enumerate(families)}, len(FITTED)

    def habits(x, family: str) -> Habits:
        moved = {n: getattr(Habits(), n) * math.exp(x[j] * COMMON[j] + x[place[family] * k + j] * OWN[j]) for j, n in enumerate(FITTED)}
        return Habits(**{n: min(v, 1.0) if n in ("efficiency", "reach", "inside") else v for n, v in moved.items()})

    def residuals(x) -> list[float]:
        return [math.log(predict(r, habits(x, r["family"])) / r["value"]) / NOISE for r in used] + list(x)

    # From a slow network: where talk hides behind computing, its speed does not show, and a search from there would not find it.
    x = least_squares(residuals, [-2.5 * (i % k == FITTED.index("reach")) for i in range(k * (len(families) + 1))]).x
    return {name: habits(x, name) for name in families}


def score(table: Iterable[dict]) -> dict:
    """{rows: [{…columns, predicted, relative_error}], mean_error, habits}: mean of |relative_error| over rows with fit = 0."""
    rows = rows_of(table)
    found = fit(rows)
    for row in rows:
        row["predicted"] = predict(row, found[row["family"]])
        row["relative_error"] = row["predicted"] / row["value"] - 1
    held = [abs(row["relative_error"]) for row in rows if row["fit"] != 1]
    return {"rows": rows, "mean_error": sum(held) / len(held) if held else None,
            "habits": {name: vars(h) for name, h in found.items()}}  # fmt: skip
