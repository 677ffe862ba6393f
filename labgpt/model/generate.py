"""Sampling from a GPT. Beyond seq_len the oldest tokens fall out of sight (a sliding window)."""

from __future__ import annotations

import torch

from .gpt import GPT


@torch.inference_mode()
def generate(
    model: GPT, ids: list[int], n: int, temperature: float = 1.0, top_k: int | None = None, seed: int = 0
) -> list[int]:
    """n new token ids after the prompt `ids` (at least one). temperature 0 is greedy; top_k keeps the k likeliest."""
    if temperature < 0:
        raise ValueError(f"temperature = {temperature}: allowed is 0 (greedy) or more")
    if not ids:
        raise ValueError("ids = []: allowed is one token or more; start with the id of a newline, say")
    generator = torch.Generator().manual_seed(seed)
    out = list(ids)
    for _ in range(n):
        window = torch.tensor([out[-model.config.seq_len :]])
        logits = model(window)[0, -1].float()  # (V,)
        if temperature == 0:
            out.append(int(logits.argmax()))
            continue
        logits /= temperature
        if top_k is not None:
            logits[logits < logits.topk(min(top_k, len(logits))).values[-1]] = -torch.inf
        out.append(int(torch.multinomial(logits.softmax(-1), 1, generator=generator)))
    return out[len(ids) :]
