"""The runs behind each notebook, by group: what `micro` trains here, what the reference runs trained with three seeds.

The graded and banded ones are on the generated corpus, the same bytes on every machine. `pysource` groups show real text.
"""

from pathlib import Path

from labgpt import sweep
from labgpt.spec import RunSpec, replace

from . import bias, counting, floors, ladder, reference, scarce, stories, tuning

M = 1 << 20


def _fixed(*tokens: float) -> tuple[int, ...]:
    """Budgets in whole steps of 2,048 tokens from millions (2**20) of tokens."""
    return tuple(max(1, round(t * M / 2048)) * 2048 for t in tokens)


def first_curve(seeds: int = 1, scale: int = 1) -> dict[str, list[RunSpec]]:
    return {
        "text": sweep.grid([16 * scale], _fixed(0.25), "pysource"),
        "ladder": sweep.grid([w * scale for w in (16, 24, 32, 48)], _fixed(0.25), seeds=seeds),
    }


def model_size(seeds: int = 1, scale: int = 1) -> dict[str, list[RunSpec]]:
    epochs = tuple(16_384 * e for e in (1, 2, 4, 8, 16, 32))
    return {
        "sizes": sweep.grid([w * scale for w in (16, 24, 32, 48, 64, 96)], _fixed(0.5), seeds=seeds),
        "short": sweep.grid([w * scale for w in (16, 32, 64)], epochs, seeds=seeds, unique_tokens=16_384),
    }


def tokens(seeds: int = 1, scale: int = 1) -> dict[str, list[RunSpec]]:
    """`tales`, fresh and repeated, and its text cut in several ways; in lesson 01's language, whose bend they explain, "more" and
    "uncooled"."""
    one, half = [32 * scale], _fixed(0.5)
    bpe = lambda v, m: sweep.grid(one, _fixed(m), "tales-text", seeds=seeds, tokenizer=f"bpe:{v}", vocab_size=v)  # noqa: E731
    return {
        "tales": sweep.grid(one, _fixed(0.125, 0.25, 0.5, 1, 2), "tales", seeds=seeds),
        **{f"repeat:{r}": sweep.grid(one, half, "tales", seeds=seeds, unique_tokens=M // 2 // r) for r in (1, 4, 16)},
        "vocabulary:256": sweep.grid(one, _fixed(1.125), "tales-text", seeds=seeds),  # this and the next line read about equal bytes
        **{f"{name}:{v}": bpe(v, m) for name, v, m in (("vocabulary", 1024, 0.33), ("cut", 512, 0.466), ("cut", 2048, 0.255))},
        "more": sweep.grid(one, _fixed(0.125, 0.25, 0.5, 1, 2), seeds=seeds),
        "uncooled": sweep.grid(one, _fixed(0.125, 0.25, 0.5, 1), seeds=seeds, cooldown=0.0),
    }


def compute(seeds: int = 1, scale: int = 1) -> dict[str, list[RunSpec]]:
    """IsoFLOP: each width is one trunk with a branch at each compute budget, D = C / FLOPs a token.

    "unseen" is the run of data/reference/03_forecast.json: its forecast was sealed before any loss of it had been measured.
    """
    small = tuple(2.5e10 * scale**2 * k for k in (1, 2, 4))

    def at(widths: tuple[int, ...], budgets: tuple[float, ...]) -> list[RunSpec]:
        return sweep.isoflop([w * scale for w in widths], budgets, seeds=seeds)

    return {
        "isoflop": at((8, 16, 24, 32, 48), small),
        "held-out": at((16, 24, 32, 48), (small[-1] * 4,)),
        "unseen": at((40,), (small[-1] * 16,)),
    }


def world_size(seeds: int = 1, scale: int = 1) -> dict[str, list[RunSpec]]:
    """Batch ×1 … ×16: what a larger world does to learning, without needing the machines. ×16 goes on until it gets as far."""
    tiny = {"tiny": sweep.grid([16 * scale], _fixed(0.03125, 0.0625), seeds=seeds, val_tokens=8192)}  # for two processes
    return tiny | {
        f"batch-{k}": sweep.grid(
            [32 * scale],
            _fixed(0.25, 0.5, 1, 1.5) if k == 16 else _fixed(0.25, 0.5, 1),
            seeds=seeds,
            batch_size=32 * k,
            warmup_steps=max(2, 20 // k),
        )
        for k in (1, 2, 4, 8, 16)
    }


def one_model(seeds: int = 1, scale: int = 1) -> dict[str, list[RunSpec]]:
    """Learning rates under two parametrisations at three widths, and tricks one at a time."""
    widths, one, quarter, half = [w * scale for w in (16, 32, 64)], [32 * scale], _fixed(0.25), _fixed(0.5)

    def scaled(factor: float) -> list[RunSpec]:
        return [spec for w in widths for spec in sweep.grid([w], quarter, seeds=seeds, **tuning.scaled(w, factor))]

    return {
        **{f"scaled-{f:g}": scaled(f) for f in tuning.SCALED},
        **{f"standard-{r:g}": sweep.grid(widths, quarter, seeds=seeds, **tuning.standard(r)) for r in tuning.STANDARD},
        **{f"trick-{name}": sweep.grid(one, half, "pysource", seeds=seeds, **change) for name, change in tuning.TRICKS.items()},
    }


def where_tokens(seeds: int = 1, scale: int = 1) -> dict[str, list[RunSpec]]:
    """`tales` at five sizes; and with the minority's share, .1, at 0 and .3."""
    shares, half, one = (0, 0.3), _fixed(0.5), [32 * scale]
    return {
        "sizes": sweep.grid([w * scale for w in (8, 16, 24, 32, 64)], half, "tales", seeds=seeds),
        **{f"dialect-{share:g}": sweep.grid(one, half, f"tales:dialect={share:g}", seeds=seeds) for share in shares},
    }


def data_parallel_by_hand(seeds: int = 1, scale: int = 1) -> dict[str, list[RunSpec]]:
    """One small model, for a run on two processes to be held against; the lesson's own work is parallel/by_hand.py's."""
    return {"tiny": sweep.grid([16 * scale], _fixed(0.0625, 0.125), seeds=seeds, val_tokens=16_384)}


def scale_costs(seeds: int = 1, scale: int = 1) -> dict[str, list[RunSpec]]:
    return {"ladder": sweep.grid([w * scale for w in (16, 32, 64)], _fixed(0.25), seeds=seeds)}


def model_parallel(seeds: int = 1, scale: int = 1) -> dict[str, list[RunSpec]]:
    """One process's runs, for a run in parts to be held against; heads and widths that two ranks can share."""
    return {"ladder": sweep.grid([w * scale for w in (16, 32)], _fixed(0.0625), seeds=seeds, name="adamw", n_head=2)}


LESSONS = {
    "00_first_curve": first_curve,
    "01_model_size": model_size,
    "02_tokens": tokens,
    "03_compute": compute,
    "04_world_size": world_size,
    "05_one_model": one_model,
    "06_where_tokens_come_from": where_tokens,
    "07_data_runs_out": scarce.lesson,
    "09_data_parallel_by_hand": data_parallel_by_hand,
    "10_model_parallel": model_parallel,
    "11_what_scale_costs": scale_costs,
}
SHOWN = {"02_tokens": ("more", "uncooled", "cut:512", "cut:2048")}  # groups that a notebook shows as recorded, and does not train
STUDIES = {  # for a lesson to read
    "05_tuning_study": tuning.study,
    "07_data_study": scarce.study,
    "08_floors": lambda seeds: floors.study(),
    "08_ladder": lambda seeds: ladder.study(),
    "08_ladder_gpu": lambda seeds: ladder.study("08_ladder_gpu"),
    "08_counting": counting.study,
}


def groups(lesson: str, tier: str = "micro", seeds: int = 1) -> dict[str, list[RunSpec]]:
    """{group: specs} of a lesson or a study. On the gpu tier a lesson has every width times eight, on a GPU, in bfloat16."""
    known = LESSONS | STUDIES
    if lesson not in known:
        raise ValueError(f"lesson = {lesson!r}: allowed is {', '.join(known)}")
    if tier != "gpu" or lesson in STUDIES:
        return known[lesson](seeds)
    found = known[lesson](seeds, 8)
    return {name: [replace(spec, device="cuda", precision="bfloat16") for spec in specs] for name, specs in found.items()}


def make_reference(lesson: str, store: str | Path = "runs/store") -> Path:
    """Train the lesson's groups with three seeds and write data/reference/LESSON.csv, with its provenance beside it."""
    found = groups(lesson, seeds=reference.SEEDS)
    path = reference.make(lesson, found, store)
    if lesson == "06_where_tokens_come_from":
        bias.record([s.run_id for specs in found.values() for s in specs], store)
    if lesson == "02_tokens":
        stories.record([s.run_id for s in found["tales"]], store)
    return path
