"""The one dial, size, and how any other field is changed by name."""

import dataclasses
import math

from .corpora import fixed
from .run import DataConfig, ModelConfig, OptimConfig, RunSpec, ScheduleConfig, Science, need

COMPILE_FROM = 256  # the width from which torch.compile is on by itself, on a GPU
SIZES = (16, 24, 32, 48, 64, 96, 128)  # the ladder of widths d_model; 10k to 1.0M matmul parameters on bytes


def derive(
    d_model: int = 16,
    corpus: str = "zipf-markov",
    budgets: tuple[int, ...] = (262_144,),
    seed: int = 0,
    **changes: object,
) -> RunSpec:
    """The one dial: a width gives the whole spec. Further fields can be set by name (`world_size=2`, `unique_tokens=16_384`).

    `derivation()` says where each value comes from.
    """
    known = fixed(corpus)
    need(
        isinstance(d_model, int) and 8 <= d_model <= 4096,
        "d_model",
        d_model,
        "8 … 4096",
        f"the lab's ladder is {SIZES}",
    )
    model = ModelConfig(
        known["vocab_size"],
        known["seq_len"],
        n_layer=max(1, 2 + math.floor(math.log2(d_model / 16))),
        d_model=d_model,
        n_head=heads(d_model),
    )
    optim = OptimConfig(lr_matrix=0.02, lr_embed=0.2, lr_head=0.2 / math.sqrt(d_model))
    science = Science(
        model,
        DataConfig(corpus=corpus, tokenizer=known["tokenizer"]),
        optim,
        ScheduleConfig(tuple(budgets)),
        batch_size=2048 // known["seq_len"],
        seed=seed,
    )
    if changes.get("device") == "cuda" and d_model >= COMPILE_FROM:
        changes = {"compile": True} | changes
    return replace(RunSpec(science), **changes)


def heads(d_model: int) -> int:
    """The fewest heads of 8 to 32 channels, an even number of them (rotary positions turn pairs), that share out a width.

    From width 256 on they may have 64, as GPT-2's.
    """
    for n in range(math.ceil(d_model / (32 if d_model < 256 else 64)), d_model // 8 + 1):
        if d_model % (2 * n) == 0:
            return n
    near = 16 * round(d_model / 16)
    raise ValueError(f"d_model = {d_model!r}: allowed is a width that splits into heads of 8, 10 … 32 or 64 channels; try {near}")


def derivation(spec: RunSpec) -> str:
    """A line for each value that `derive` chose: the value, the rule, and the measurement or paper behind it.

    The rates were measured with 2 seeds on the lab's two corpora (labgpt.studies.tuning holds the study).
    """
    model, optim, schedule = spec.science.model, spec.science.optim, spec.science.schedule
    rows = (
        ("n_layer", model.n_layer, "2 + log2(d_model / 16), rounded down: deeper models step more slowly here; not studied further"),
        ("n_head", model.n_head, "heads of up to 32 channels: within .02 nats of heads of 16 at widths 32 and 64, and faster"),
        ("batch_size", spec.science.batch_size, "2,048 tokens a step: few enough that a short run still has a hundred steps"),
        ("lr_matrix", optim.lr_matrix, "Muon's, alike at all widths: .02 was the best of four at widths 16, 32 and 64 on text"),
        ("lr_embed", optim.lr_embed, "AdamW's, alike at all widths: an embedding row is read alone (Yang et al. 2022, table 8)"),
        ("lr_head", round(optim.lr_head, 4), "AdamW's, 0.2 / sqrt(d_model): half of it was worse at widths 16 and 64, double no better"),
        ("momentum", optim.momentum, "Muon's (Jordan 2024 takes .95): .9 was better by .01 to .05 nats in runs of 100 to 250 steps"),
        ("weight_decay", optim.weight_decay, "none: these runs read each token once; lesson 07 turns it on where they repeat"),
        ("cooldown", schedule.cooldown, f"the last share of each budget, {schedule.shape} (Hägele et al. 2024)"),
    )
    lines = [f"{name:>12}  {value:<7} {why}" for name, value, why in rows]
    return "\n".join(lines + ["Rates and heads were measured up to width 128: above it they are assumed."] * (model.d_model > 128))


def replace(spec: RunSpec, **changes: object) -> RunSpec:
    """A copy of the spec with fields changed by name, wherever they stand: `replace(spec, seed=1, world_size=2)`."""
    left = dict(changes)

    def walk(node):
        values = {f.name: getattr(node, f.name) for f in dataclasses.fields(node)}
        return type(node)(**{k: walk(v) if dataclasses.is_dataclass(v) else left.pop(k, v) for k, v in values.items()})

    result = walk(spec)
    if left:
        raise ValueError(f"{next(iter(left))}: not a field of RunSpec; see `labgpt train --help` for all of them")
    return result
