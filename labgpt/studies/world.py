"""One science, executed by 1, 2 and 4 processes: is it the same run, and how much faster?"""

from labgpt import corpus, cost, machine
from labgpt.record import RunDir
from labgpt.spec import RunSpec, derive, replace

WORLD_SIZES = (1, 2, 4)
WIDTH, STEPS = 64, 60


def world_specs(minutes: float = 10) -> dict[str, RunSpec]:
    """{"tree-W", "ring-W": the same global batch on W processes; "weak-W": W times the batch}, steps scaled to the time given."""
    steps = max(10, round(STEPS * min(1.0, minutes / 10)))
    budgets = tuple(2048 * (steps * k // 4) for k in (1, 2, 3, 4))  # a loss at each quarter, to compare along the way
    base = corpus.pin(derive(WIDTH, "zipf-markov", budgets, val_tokens=16_384, warmup_steps=5))
    specs = {}
    for w in WORLD_SIZES:
        specs[f"tree-{w}"] = replace(base, world_size=w, reduction="tree")
        specs[f"ring-{w}"] = replace(base, world_size=w, reduction="ring")
        if w > 1:
            rows = base.science.batch_size * w
            specs[f"weak-{w}"] = replace(base, world_size=w, batch_size=rows, budgets=(budgets[-1] * w,))
    return specs


def scaling(places: dict[str, RunDir]) -> dict[str, dict]:
    """Per W: final_loss and weights_sha256 (tree), ring_max_loss_difference over all evaluations, tokens/s, strong and weak
    efficiency (ring), bytes that crossed the loopback per step against the ring formula, and whether W exceeds the cores."""

    def last(name: str) -> dict:
        return places[name].finished_rows()[-1]

    def pace(name: str) -> float:
        return last(name)["tokens"] / last(name)["seconds"]

    found, reference = {}, [row["val_loss"] for row in places["tree-1"].finished_rows()]
    for w in WORLD_SIZES:
        ring = [row["val_loss"] for row in places[f"ring-{w}"].finished_rows()]
        status = places[f"ring-{w}"].status()
        found[str(w)] = {
            "final_loss": last(f"tree-{w}")["val_loss"],
            "weights_sha256": places[f"tree-{w}"].status()["weights_sha256"],
            "tokens_per_s": pace(f"ring-{w}"),
            "tree_tokens_per_s": pace(f"tree-{w}"),
            "efficiency": pace(f"ring-{w}") / pace("ring-1") / w,
            "weak_efficiency": pace(f"weak-{w}") / pace("ring-1") / w if w > 1 else 1.0,
            "oversubscribed": w > machine.cores(),
            "bytes_sent": status.get("loopback_bytes_per_step"),
            "ring_formula_bytes": w * cost.ring_all_reduce_bytes(4 * last(f"ring-{w}")["n_total"], w),
            "ring_max_loss_difference": max(abs(a - b) for a, b in zip(ring, reference, strict=True)),
        }
    return found
