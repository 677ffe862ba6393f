"""What tuning is worth: learning rates against width, batch sizes, and each default of the recipe taken away in turn.

Every difference is one change to the recipe at unchanged learning rates, unless it says otherwise; a change that would have
been better at another rate looks worse here than it is.
"""

from labgpt import sweep
from labgpt.spec import GPT2, RunSpec

SCALED = (0.25, 0.5, 1, 2, 4)  # factors on all three rates
STANDARD = (0.004, 0.008, 0.016, 0.032, 0.064)  # one rate for every weight
BATCHES = (8, 16, 32, 64, 128, 256, 512)  # sequences of 64 tokens
K = 1 << 10


def scaled(d_model: int, factor: float = 1.0) -> dict:
    """AdamW with a rate for each role: matrices and head as 1/width, the embedding constant (Yang et al. 2022, muP)."""
    share = 16 / d_model
    return {"name": "adamw", "lr_matrix": 0.02 * factor * share, "lr_embed": 0.2 * factor, "lr_head": 0.05 * factor * share}


def standard(rate: float) -> dict:
    """AdamW with one rate for every weight, from GPT-2's initialisation: what most code does."""
    return {"name": "adamw", "lr_matrix": rate, "lr_embed": rate, "lr_head": rate, "init": "gpt2"}


def recipe(d_model: int, factor: float = 1.0) -> dict:
    """The lab's own recipe (Muon; see spec.derive), its three rates times `factor`."""
    return {"lr_matrix": 0.02 * factor, "lr_embed": 0.2 * factor, "lr_head": 0.2 * factor / d_model**0.5}


TRICKS: dict[str, dict] = {
    "none": {},
    "no cooldown": {"cooldown": 0.0},
    "QK-norm": {"qk_norm": True},
    "no clipping": {"clip": 1e9},
    "bfloat16": {"precision": "bfloat16"},
}  # lesson 05, width 32
ABLATIONS: dict[str, dict] = {
    **{name: change for name, change in TRICKS.items() if name != "bfloat16"},
    "LayerNorm": {"norm": "layer"},
    "learned positions": {"position": "learned"},
    "GELU": {"activation": "gelu"},
    "biases": {"bias": True},
    "tied head": {"tied": True, "lr_embed": 0.02},
    "GPT-2 init": {"init": "gpt2"},
    "momentum .95": {"momentum": 0.95},
    "GPT-2 block": dict(GPT2) | {"lr_embed": 0.02},
    "linear cooldown": {"shape": "linear"},
    "cosine": {"shape": "cosine", "cooldown": 1.0},
}


def study(seeds: int) -> dict[str, list[RunSpec]]:
    """Ablations at three sizes; rates up to width 128, for our recipe too; batch sizes at three rates each, one seed."""
    few = min(seeds, 2)
    half, quarter = (512 * K,), (256 * K,)
    found = {f"ablation-{name}": sweep.grid([16, 32, 64], half, "pysource", seeds=seeds, **c) for name, c in ABLATIONS.items()}
    for f in (0.25, 0.5, 1, 2, 4):  # another optimiser needs rates of its own: the best of five is the fair comparison
        found[f"ablation-AdamW, rates times {f:g}"] = [
            s for w in (16, 32, 64) for s in sweep.grid([w], half, "pysource", seeds=few, **scaled(w, f))
        ]
    for name, c in (("heads of 16", {}), ("heads of 16, QK-norm", {"qk_norm": True})):
        found[f"ablation-{name}"] = [
            s for w in (32, 64) for s in sweep.grid([w], half, "pysource", seeds=seeds, n_head=w // 16, **c)
        ]
    for f in SCALED:
        found[f"scaled-{f:g}"] = sweep.grid([128], quarter, seeds=few, **scaled(128, f))
        found[f"recipe-{f:g}"] = [s for w in (16, 32, 64, 128) for s in sweep.grid([w], quarter, seeds=few, **recipe(w, f))]
    for rate in STANDARD:
        found[f"standard-{rate:g}"] = sweep.grid([128], quarter, seeds=few, **standard(rate))
    for size in BATCHES:
        budgets = tuple(K * k for k in ((128, 256, 512, 1024) if size < 128 else (512, 1024, 2048)))
        for f in (0.5, 1, 2):
            change = recipe(32, f * (size / 32) ** 0.5) | {"batch_size": size, "warmup_steps": max(2, 640 // size)}
            found[f"batch-{size}-{f:g}"] = sweep.grid([32], budgets, **change)
    return found
