"""What a collective takes: alpha seconds a message, beta seconds a byte, and the call itself; fitted to timings.

Messages and bytes are those that follow each other on one rank (Thakur, Rabenseifner & Gropp 2005, doi:10.1177/1094342005051521).
"""

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from labgpt.cost.check import known, need
from labgpt.cost.network import ring_all_reduce_bytes

OPS = ("all_reduce", "all_gather", "reduce_scatter", "broadcast")


def sent(op: str, n_bytes: float, world_size: int) -> tuple[int, float]:
    """(messages, bytes). n_bytes: of the whole, which is what an all-gather leaves and a reduce-scatter begins with. Rings, but for
    the broadcast: a tree, which sends all of it in each of log2(W) rounds."""
    known("op", op, OPS)
    need(world_size >= 1 and n_bytes >= 0, "world_size, n_bytes", (world_size, n_bytes), "1 or more, 0 or more")
    if op == "broadcast":
        rounds = math.ceil(math.log2(world_size))
        return rounds, rounds * n_bytes
    ways = 2 if op == "all_reduce" else 1
    return ways * (world_size - 1), ways / 2 * ring_all_reduce_bytes(n_bytes, world_size)


@dataclass(frozen=True)
class Link:
    """overhead: seconds of a call; alpha: seconds a message; beta: seconds a byte."""

    overhead: float
    alpha: float
    beta: float

    def seconds(self, op: str, n_bytes: float, world_size: int) -> float:
        messages, moved = sent(op, n_bytes, world_size)
        return self.overhead + self.alpha * messages + self.beta * moved


def fit(rows: Iterable[dict]) -> dict[str, Link]:
    """A Link for each op in the rows: none of its numbers below 0, relative errors (logarithms) under Huber's loss.

    From one world size alone a call can't be told from its messages: overhead is then 0. ValueError for fewer than 4 rows of an op.
    """
    import numpy as np
    from scipy.optimize import least_squares, nnls

    rows, found = list(rows), {}
    for op in dict.fromkeys(r["op"] for r in rows):
        some = [r for r in rows if r["op"] == op]
        need(len(some) >= 4, f"rows of {op}", len(some), "4 or more")
        terms = np.array([(1.0, *sent(op, r["n_bytes"], r["world_size"])) for r in some])
        terms[:, 0] *= len({r["world_size"] for r in some}) > 1
        seconds = np.array([r["seconds"] for r in some])
        scale = np.maximum((terms / seconds[:, None]).max(axis=0), 1e-300)  # so that all three numbers are near 1
        start = np.maximum(nnls(terms / scale / seconds[:, None], np.ones(len(some)))[0], 1e-6)

        how = {"bounds": (0, np.inf), "loss": "huber", "f_scale": 0.1}  # relative: a residual beyond pulls no harder
        x = least_squares(lambda x, parts=terms / scale, seconds=seconds: np.log(parts @ x / seconds), start, **how).x / scale
        found[op] = Link(float(x[0]) if terms[0, 0] else 0.0, float(x[1]), float(x[2]))
    return found


def judged(rows: list[dict]) -> dict:
    """{links, rows, held_out}: fitted without the largest world size; each row with `predicted`, `error` (predicted over measured,
    less 1) and `fit`; held_out: {op: {world_size, median_error, largest_error}}, of absolute errors there."""
    need(len({r["world_size"] for r in rows}) >= 3, "world_sizes", {r["world_size"] for r in rows}, "three or more: one is held out")
    largest = max(r["world_size"] for r in rows)
    links = fit(r for r in rows if r["world_size"] < largest)
    told = [r | {"predicted": links[r["op"]].seconds(r["op"], r["n_bytes"], r["world_size"])} for r in rows]
    told, held = [r | {"error": r["predicted"] / r["seconds"] - 1, "fit": r["world_size"] < largest} for r in told], {}
    for op in links:
        off = [abs(r["error"]) for r in told if r["op"] == op and not r["fit"]]
        held[op] = {"world_size": largest, "median_error": statistics.median(off), "largest_error": max(off)}
    return {"links": {op: vars(link) for op, link in links.items()}, "held_out": held, "rows": told}
