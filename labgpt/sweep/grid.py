"""A grid of runs: every width on every seed, one trunk each, all budgets as branches of it."""

from collections.abc import Iterable

from labgpt import corpus, cost
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
    return [corpus.pin(derive(d, corpus_name, tuple(budgets), seed, **changes)) for d in widths for seed in range(count(d))]


def isoflop(
    widths: Iterable[int], flops: Iterable[float], corpus_name: str = "zipf-markov", seeds: dict[int, int] | int = 1, **changes: object
) -> list[RunSpec]:
    """A grid at fixed compute: each width's budgets are the tokens that `flops` pay for, in whole steps (at least one)."""
    specs = []
    for d in widths:
        science = derive(d, corpus_name, **{"budgets": (1 << 40,)} | changes).science
        step = science.tokens_per_step * cost.flops(science.model).train
        budgets = sorted({max(1, round(c / step)) * science.tokens_per_step for c in flops})
        specs += grid([d], tuple(budgets), corpus_name, seeds, **changes)
    return specs
