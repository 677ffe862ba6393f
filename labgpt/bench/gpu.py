"""Tokens a second of training GPT-2's 124M shape on one GPU, beside nanoGPT compiled: same batch, same context, one run."""

import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from labgpt import corpus, cost, machine
from labgpt.parallel import Group
from labgpt.spec import GPT2, ModelConfig, RunSpec, derive
from labgpt.train.loop import Trainer

from .generate import nanogpt

VOCAB, SEQ_LEN, BATCH = 50304, 1024, 32  # nanoGPT's padded vocabulary
STEPS, ROUNDS = 20, 3
ADAMW = {"name": "adamw", "lr_matrix": 6e-4, "lr_embed": 6e-4, "lr_head": 6e-4}
OURS = {
    "GPT-2's block, AdamW": GPT2 | ADAMW,
    "the lab's block, AdamW": ADAMW,
    "the lab's block, Muon": {},
}


def letters(path: Path) -> Path:
    """A text of random letters, since a vocabulary of 50304 needs a text rich enough; what it says changes no time."""
    raw = (np.random.Philox(key=124).random_raw(1 << 22) % np.uint64(26) + np.uint64(97)).astype(np.uint8)
    raw[::8] = 32
    path.write_bytes(raw.tobytes())
    return path


def spec(change: dict, text: Path) -> RunSpec:
    """A run in bfloat16, compiled; rows of 1024 tokens, 32 a step."""
    shape = {"n_layer": 12, "n_head": 12, "seq_len": SEQ_LEN, "batch_size": BATCH, "tokenizer": f"bpe:{VOCAB}", "vocab_size": VOCAB}
    way = {"device": "cuda", "precision": "bfloat16", "compile": True}
    return corpus.pin(derive(768, f"file:{text}", (SEQ_LEN * BATCH * 1000,), **shape, **way, **change))


def peak() -> float:
    """FLOPs a second of a bfloat16 product of two 8192 × 8192 matrices, the best of ten."""
    a, b = (torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    return max(2 * 8192**3 / seconds(lambda: a @ b, 1) for _ in range(12))


def seconds(step: Callable[[], object], times: int) -> float:
    """Seconds a call, all of them finished on the GPU."""
    torch.cuda.synchronize()
    began = time.perf_counter()
    for _ in range(times):
        step()
    torch.cuda.synchronize()
    return (time.perf_counter() - began) / times


def ours(run: RunSpec) -> tuple[Callable[[], object], Callable]:
    """(one whole optimiser step of the lab's own loop, its batches)."""
    torch.set_float32_matmul_precision("high")
    trainer, count = Trainer(run, Group(1, "cuda")), itertools.count()
    return lambda: trainer.step(next(count), 10_000, 10_000), lambda step: trainer.batch(step)(0, BATCH)


def peer(folder: Path, batch: Callable) -> Callable[[], object]:
    """One step as nanoGPT's train.py takes it on one GPU: compiled, bfloat16, fused AdamW, clipping; the lab's batches."""
    config = ModelConfig(VOCAB, SEQ_LEN, 12, 768, 12, **GPT2 | {"bias": False})
    model = nanogpt(folder, config).train().to("cuda")
    optimizer = model.configure_optimizers(0.1, 6e-4, (0.9, 0.95), "cuda")
    compiled, count = torch.compile(model), itertools.count()

    def step() -> None:
        with torch.autocast("cuda", torch.bfloat16):
            _, loss = compiled(*batch(next(count)))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def gpu(folder: Path | None = None) -> list[dict]:
    """Rows {model, tokens_per_s, peer_tokens_per_s, ratio, mfu, mfu_of_stated, gpu, …}: medians of alternating rounds of 20 steps.

    mfu: matmuls alone, causal attention counted half, over the measured peak; mfu_of_stated over the data sheet's (an
    H100's). Raises ValueError where there is no GPU.
    """
    machine.gpus()
    best, rows, text = peak(), [], letters(Path(tempfile.mkdtemp()) / "letters.txt")
    for name, change in OURS.items():
        run = spec(change, text)
        mine, batch = ours(run)
        theirs = peer(folder, batch) if folder is not None else None
        pace: dict[str, list[float]] = {"mine": [], "theirs": []}
        for which in ("mine", "theirs") * (ROUNDS + 1):
            if (step := mine if which == "mine" else theirs) is not None:
                pace[which].append(BATCH * SEQ_LEN / seconds(step, STEPS))
        here = statistics.median(pace["mine"][1:])  # the first round compiles
        there = statistics.median(pace["theirs"][1:]) if theirs is not None else None
        flops = cost.flops(run.science.model).train * here
        rows.append({
            "model": name, "tokens_per_s": here, "peer_tokens_per_s": there, "ratio": here / there if there else None,
            "mfu": flops / best, "mfu_of_stated": flops / machine.GPU_FLOPS, "peak_flops_per_s": best,
            "gpu": torch.cuda.get_device_name(), "batch": BATCH, "context": SEQ_LEN, "rounds": pace,
        })  # fmt: skip
        del mine, batch, theirs
        torch.cuda.empty_cache()
        torch.compiler.reset()
    return rows
