"""Tokens a second of cached generation, beside nanoGPT's and transformers', one sequence, one thread, fp32."""

import importlib.util
import statistics
import tempfile
import timeit
from collections.abc import Callable
from pathlib import Path

from labgpt.spec import GPT2, ModelConfig

NEW = 512  # tokens
SHAPES = {
    "384 wide": (ModelConfig(65, 1024, 6, 384, 6, **GPT2), 3),
    "124M": (ModelConfig(50257, 1024, 12, 768, 12, **GPT2), 1),
}  # 6 layers of 384, and GPT-2's; and how often each is timed


def nanogpt(folder: str | Path, config: ModelConfig):
    """nanoGPT's own model of this shape. Raises ValueError where `folder` is no checkout of it."""
    path = Path(folder) / "model.py"
    if not path.is_file():
        raise ValueError(f"peer = {str(folder)!r}: no model.py; allowed is a checkout of karpathy/nanoGPT")
    found = importlib.util.spec_from_file_location("nanogpt_model", path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    shape = {"block_size": config.seq_len, "vocab_size": config.vocab_size, "n_layer": config.n_layer}
    return module.GPT(module.GPTConfig(**shape, n_head=config.n_head, n_embd=config.d_model, dropout=0.0, bias=config.bias)).eval()


def pace(write: Callable[[], object], times: int) -> float:
    """Tokens a second: the median of `times` runs of NEW tokens each."""
    return NEW / statistics.median(timeit.repeat(write, number=1, repeat=times))


def generate(peer: Path | None = None, shape: str | None = None) -> list[dict]:
    """Rows {model, ours_tokens_per_s, peer_tokens_per_s, hf_tokens_per_s, ratio, new_tokens, times}.

    The same random weights for ours and transformers', greedy; nanoGPT samples from weights of its own. ratio: ours over
    nanoGPT's. None where there is no peer folder or no transformers. `shape`: one of SHAPES, or all.
    """
    import torch

    from labgpt import model as lab

    torch.set_num_threads(1)
    rows = []
    for name, (config, times) in SHAPES.items() if shape is None else [(shape, SHAPES[shape])]:
        ours = lab.GPT(config, seed=1).eval()
        row = {"model": name, "ours_tokens_per_s": pace(lambda: lab.generate(ours, [0], NEW, temperature=0), times)}  # noqa: B023
        row["peer_tokens_per_s"] = row["hf_tokens_per_s"] = row["ratio"] = None
        if importlib.util.find_spec("transformers") is not None:
            row["hf_tokens_per_s"] = pace(_transformers(ours), times)
        if peer is not None:
            theirs, start = nanogpt(peer, config), torch.zeros(1, 1, dtype=torch.long)
            row["peer_tokens_per_s"] = pace(lambda: theirs.generate(start, NEW), times)  # noqa: B023
            row["ratio"] = row["ours_tokens_per_s"] / row["peer_tokens_per_s"]
        rows.append(row | {"new_tokens": NEW, "times": times})
    return rows


def _transformers(ours) -> Callable[[], object]:
    import torch
    import transformers

    from labgpt.model import gpt2

    with tempfile.TemporaryDirectory() as folder:
        gpt2.write(ours, folder)
        theirs = transformers.GPT2LMHeadModel.from_pretrained(folder).eval()
    start, length = torch.zeros(1, 1, dtype=torch.long), {"max_new_tokens": NEW, "min_new_tokens": NEW}
    return lambda: theirs.generate(start, **length, do_sample=False, use_cache=True, pad_token_id=0)
