"""What the lab checks and measures of itself."""

from __future__ import annotations

from tyro.conf import Positional


def bench(name: Positional[str]) -> None:
    """Measure speed and sturdiness; `labgpt bench --help` lists what.

    Args:
        name: shakespeare, train, ddp, generate, gpu, torture, ranks, forms, collectives, link, fit or coverage, then its own options.
    """
    raise ValueError(f"bench = {name!r}: see `labgpt bench --help`")  # cli.main hands `bench …` to bench.verbs
