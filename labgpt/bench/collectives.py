"""Latency and bandwidth of four collectives over gloo, at three world sizes or more; the largest is foretold from the others."""

from __future__ import annotations

from labgpt import machine
from labgpt.cost.collectives import judged
from labgpt.parallel.ranks import start


def collectives(world_sizes: tuple[int, ...] = (2, 3, 4), timeout_s: float = 120.0) -> dict:
    """cost.collectives.judged of this machine's timings, a row's seconds those of its slowest rank; and `oversubscribed`: the
    world sizes beyond the cores, whose ranks wait for a core too."""
    rows = []
    for w in world_sizes:
        slowest: dict[tuple[str, int], float] = {}
        for r in start("collectives", world_size=w, timeout_s=timeout_s).records("collectives"):
            slowest[r["op"], r["n_bytes"]] = max(r["seconds"], slowest.get((r["op"], r["n_bytes"]), 0.0))
        rows += [{"op": op, "world_size": w, "n_bytes": n, "seconds": s, "bytes_per_s": n / s} for (op, n), s in slowest.items()]
    return judged(rows) | {"oversubscribed": [w for w in world_sizes if w > machine.cores()]}
