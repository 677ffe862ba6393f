"""Sampling from a GPT: batched, streaming, each new token at the cost of one position (Cache).

Beyond seq_len: when the context is full, its older half falls out of sight and the newer half is read again as a fresh
context. So a token costs about one position on average, however long the text, and sees at least seq_len / 2 tokens.
Row i draws from a random stream of (seed + i) alone: what it says depends on nobody beside it.
"""

from collections.abc import Iterator
from copy import deepcopy

import torch
from torch import Tensor

from labgpt.spec.run import need

from .gpt import GPT, Cache

LONG = 64  # tokens from which laying the weights out anew pays on a CPU


def generate(model: GPT, ids: list, n: int, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None,
             seed: int = 0, cached: bool = True) -> list:  # fmt: skip
    """n new token ids after the prompt `ids` (a list of ids), or after each of several prompts (a list of lists).

    temperature 0 is greedy; top_k keeps the k likeliest; top_p the fewest whose probabilities add up to p (Holtzman et
    al. 2020). cached=False computes every position anew, to check the cache by. Raises ValueError, see `stream`.
    """
    one = not ids or not isinstance(ids[0], list)
    prompts = [ids] if one else list(ids)
    _check(prompts, n, temperature, top_k, top_p)
    out: list[list[int]] = [[] for _ in prompts]
    for length in sorted({len(prompt) for prompt in prompts}):  # rows of one length go through the model together
        rows = [i for i, prompt in enumerate(prompts) if len(prompt) == length]
        seeds = [seed + i for i in rows]
        for tokens in stream(model, [prompts[i] for i in rows], n, temperature, top_k, top_p, seeds, cached):
            for i, token in zip(rows, tokens, strict=True):
                out[i].append(token)
    return out[0] if one else out


@torch.inference_mode()
def stream(model: GPT, prompts: list[list[int]], n: int, temperature: float = 1.0, top_k: int | None = None,
           top_p: float | None = None, seeds: list[int] | None = None, cached: bool = True) -> Iterator[list[int]]:  # fmt: skip
    """Yields n times the next token id of each prompt, as soon as it is drawn. All prompts have one length.

    Raises ValueError for an empty prompt, prompts of several lengths, or settings outside their range.
    """
    _check(prompts, n, temperature, top_k, top_p)
    if len({len(prompt) for prompt in prompts}) > 1:
        raise ValueError(f"ids: prompts of {sorted({len(p) for p in prompts})} tokens; allowed is one length; try generate()")
    seeds = list(range(len(prompts))) if seeds is None else seeds
    device, seq_len = model.embed.weight.device, model.config.seq_len
    if cached and n >= LONG and device.type == "cpu":
        model = column_major(model)
    drawn = torch.stack([torch.rand(n, generator=torch.Generator().manual_seed(s)) for s in seeds]).to(device)  # (B, n)
    context = torch.tensor(prompts, device=device)[:, -seq_len:]  # (B, T)
    cache, unread = Cache(model, len(prompts)), context
    for step in range(n):
        if context.size(1) > seq_len:
            context = context[:, -(seq_len // 2) - 1 :]
            cache, unread = Cache(model, len(prompts)), context
        logits = model(unread, cache=cache)[:, -1] if cached else model(context)[:, -1]  # (B, V)
        unread = choose(logits.float(), drawn[:, step : step + 1], temperature, top_k, top_p)  # (B, 1)
        context = torch.cat([context, unread], dim=1)
        yield unread[:, 0].tolist()


def column_major(model: GPT) -> GPT:
    """A copy of the model, same weights, whose matrices lie column by column.

    One position's product is then a sum of columns, which reads memory in order: a third faster at GPT-2's shape.
    """
    copy = deepcopy(model)
    for p in copy.parameters():
        if p.ndim == 2:
            p.data = p.data.t().contiguous().t()
    return copy


def choose(logits: Tensor, drawn: Tensor, temperature: float, top_k: int | None, top_p: float | None) -> Tensor:
    """The next token of each row: logits (B, V), drawn (B, 1) uniform in [0, 1) -> ids (B, 1), by inverting the CDF."""
    if temperature == 0:
        return logits.argmax(-1, keepdim=True)
    logits = logits / temperature
    if top_k is not None:
        least = logits.topk(min(top_k, logits.size(-1))).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p is not None:
        ranked, order = p.sort(-1, descending=True)
        beyond = ranked.cumsum(-1) - ranked >= top_p  # what comes before already adds up to top_p
        p = p.scatter(-1, order, ranked.masked_fill(beyond, 0.0))
    cdf = p.double().cumsum(-1)
    return torch.searchsorted(cdf, drawn.double() * cdf[:, -1:], right=True).clamp_(max=logits.size(-1) - 1)


def _check(prompts: list[list[int]], n: int, temperature: float, top_k: int | None, top_p: float | None) -> None:
    need(len(prompts) > 0 and all(prompts), "ids", [], "one token or more", "start with the id of a newline, say")
    need(n >= 0, "n", n, "0 or more")
    need(temperature >= 0, "temperature", temperature, "0 (greedy) or more")
    need(top_k is None or top_k >= 1, "top_k", top_k, "1 or more, or nothing")
    need(top_p is None or 0 < top_p <= 1, "top_p", top_p, "0 < p ≤ 1, or nothing")
