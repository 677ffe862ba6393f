"""A grid of runs: every width on every seed, one trunk each, all budgets as branches of it."""

from __future__ import annotations

from collections.abc import Iterable

from labgpt import corpus
from labgpt.spec import RunSpec, derive


def grid(
    widths: Iterable[int],
    budgets: tuple[int, ...],
    corpus_name: str = "zipf-markov",
    seeds: dict[int, int] | int = 1,
    **changes: object,
) -> list[RunSpec]:
    """RunSpecs for `widths`, each with `seeds` seeds (a number, or {width: number} with 1 where absent), pinned to the corpus.

    Changes set further fields by name, as in spec.derive().
    """
    count = (lambda d: seeds.get(d, 1)) if isinstance(seeds, dict) else (lambda d: seeds)
    return [
        corpus.pin(derive(d, corpus_name, tuple(budgets), seed, **changes)) for d in widths for seed in range(count(d))
    ]
