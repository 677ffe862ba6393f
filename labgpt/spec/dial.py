"""The one dial, size, and how any other field is changed by name."""

from __future__ import annotations

import dataclasses
import math

from .run import CORPORA, DataConfig, ModelConfig, OptimConfig, RunSpec, ScheduleConfig, Science, need

SIZES = (16, 24, 32, 48, 64, 96, 128)  # the ladder of widths d_model; 10k to 1.0M matmul parameters on bytes


def derive(
    d_model: int = 16,
    corpus: str = "zipf-markov",
    budgets: tuple[int, ...] = (262_144,),
    seed: int = 0,
    **changes: object,
) -> RunSpec:
    """The one dial: a width gives the whole spec. Further fields can be set by name (`world_size=2`, `unique_tokens=16_384`).

    Depth grows with log2 of the width, heads are 16 channels wide, a step is 2,048 tokens. The rates were measured on widths
    16 and 64: Muon's and the embedding's need no scaling with width, the best rate of the head fell about as 1/sqrt(width).
    """
    fixed = CORPORA.get(corpus, CORPORA["pysource"])
    need(
        isinstance(d_model, int) and 8 <= d_model <= 4096,
        "d_model",
        d_model,
        "8 … 4096",
        f"the lab's ladder is {SIZES}",
    )
    model = ModelConfig(
        fixed["vocab_size"],
        fixed["seq_len"],
        n_layer=max(1, 2 + math.floor(math.log2(d_model / 16))),
        d_model=d_model,
        n_head=max(1, d_model // 16),
    )
    optim = OptimConfig(lr_matrix=0.02, lr_embed=0.2, lr_head=0.2 / math.sqrt(d_model))
    science = Science(
        model,
        DataConfig(corpus=corpus, tokenizer=fixed["tokenizer"]),
        optim,
        ScheduleConfig(tuple(budgets)),
        batch_size=2048 // fixed["seq_len"],
        seed=seed,
    )
    return replace(RunSpec(science), **changes)


def replace(spec: RunSpec, **changes: object) -> RunSpec:
    """A copy of the spec with fields changed by name, wherever they stand: `replace(spec, seed=1, world_size=2)`."""
    left = dict(changes)

    def walk(node):
        new = {}
        for f in dataclasses.fields(node):
            value = getattr(node, f.name)
            if dataclasses.is_dataclass(value):
                inner = walk(value)
                if inner is not value:
                    new[f.name] = inner
            elif f.name in left:
                new[f.name] = left.pop(f.name)
        return dataclasses.replace(node, **new) if new else node

    result = walk(spec)
    if left:
        raise ValueError(f"{next(iter(left))}: not a field of RunSpec; see `labgpt train --help` for all of them")
    return result
