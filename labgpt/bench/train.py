"""How much of this core's measured peak a training step reaches, and what a second process adds."""

import os
import statistics
import tempfile
import timeit
from itertools import count, product

from labgpt import corpus, cost
from labgpt.spec import RunSpec, derive

SHAPES = ((128, 4, "float32"), (128, 4, "bfloat16"), (64, 4, "float32"), (32, 2, "float32"))
SEQ_LEN, BATCH = 128, 16


def spec(d_model: int, n_layer: int, precision: str = "float32", steps: int = 1000, **changes) -> RunSpec:
    """A run on bytes of Python source whose steps are measured: rows of 128 tokens, 16 a step unless told otherwise."""
    shape = {"n_layer": n_layer, "seq_len": SEQ_LEN, "batch_size": BATCH, "precision": precision, "val_tokens": 8192} | changes
    return corpus.pin(derive(d_model, "pysource", (steps * SEQ_LEN * shape["batch_size"],), **shape))


def peak(precision: str) -> float:
    """FLOPs a second of the best square matrix product of 512 … 2048, one thread."""
    import torch

    best = 0.0
    for n in (512, 1024, 2048):
        a, b = (torch.randn(n, n, dtype=getattr(torch, precision)) for _ in range(2))
        best = max(best, 2 * n**3 / min(timeit.repeat(lambda: a @ b, number=1, repeat=6)))  # noqa: B023
    return best


def bandwidth() -> float:
    """Bytes a second, read and written, of the best copy of 128 MB, one thread: far more than the caches hold."""
    import torch

    source = torch.ones(32 << 20)
    target = torch.empty_like(source)
    return 2 * source.nbytes / min(timeit.repeat(lambda: target.copy_(source), number=1, repeat=6))


def step_s(run: RunSpec, steps: int = 30) -> float:
    """Median seconds of a whole optimiser step (batch, forward, backward, clipping, update), after five to warm up."""
    from labgpt.parallel import Group
    from labgpt.train.loop import Trainer

    with Group(1) as group:
        trainer, number = Trainer(run, group), count()
        taken = timeit.repeat(lambda: float(trainer.step(next(number), 1000, 1000)), number=1, repeat=steps + 5)
    return statistics.median(taken[5:])


def train() -> list[dict]:
    """Rows {d_model, n_layer, dtype, compiled, tokens_per_s, flops_per_s, peak_flops_per_s, mfu}, one thread.

    FLOPs: forward matmuls of model and head times three, causal attention counted half, nothing for the optimiser; the
    time holds everything, the optimiser included, but not compilation. Each shape is measured as it is by itself and with
    `compile`, which pays for its 5 to 20 s in a run of many minutes.
    """
    import torch

    torch.set_num_threads(1)
    rows, peaks = [], {precision: peak(precision) for precision in {p for *_, p in SHAPES}}
    for (d_model, n_layer, precision), compiled in product(SHAPES, (False, True)):
        run = spec(d_model, n_layer, precision, compile=compiled)
        pace = run.science.tokens_per_step / step_s(run)
        flops = cost.flops(run.science.model).train * pace
        rows.append({
            "d_model": d_model, "n_layer": n_layer, "dtype": precision, "compiled": compiled, "tokens_per_s": pace,
            "flops_per_s": flops, "peak_flops_per_s": peaks[precision], "mfu": flops / peaks[precision],
        })  # fmt: skip
    return rows


def ddp(pairs: int = 3, batches: tuple[int, ...] = (BATCH, 2 * BATCH, 4 * BATCH), tokens: int = 240 * BATCH * SEQ_LEN) -> dict:
    """Two one-thread processes under DDP against one, the same global batch: tokens a second, medians of alternating runs.

    Each run reads `tokens`, 60 to 240 steps: the first few, in which DDP lays out its buckets, are a hundredth of the time.

    Returns {batches: [{batch_size (rows of 128 tokens), tokens_per_s: {1: …, 2: …}, speedup, pairs}], cores}. d_model 128, 4 layers.
    """
    from labgpt import sweep

    rows = []
    for batch in batches:
        found: dict[int, list[float]] = {1: [], 2: []}
        for seed, world in product(range(pairs), found):
            run = spec(128, 4, steps=tokens // (batch * SEQ_LEN), seed=seed, world_size=world, batch_size=batch)
            with tempfile.TemporaryDirectory() as store:
                sweep.launch(run, store)
                found[world].append(float(sweep.table(store, [run.run_id])["tokens_per_s"].iloc[0]))
        speedup = statistics.median(two / one for one, two in zip(found[1], found[2], strict=True))
        middle = {world: statistics.median(values) for world, values in found.items()}
        rows.append({"batch_size": batch, "tokens_per_s": middle, "speedup": speedup, "pairs": found})
    return {"batches": rows, "cores": os.cpu_count()}
