"""What the lab checks and measures of itself."""

from __future__ import annotations

import json
from pathlib import Path

from tyro.conf import Positional

from labgpt.record import provenance, write_atomic


def bench(name: Positional[str]) -> None:
    """Measure speed and sturdiness; `labgpt bench --help` lists what.

    Args:
        name: shakespeare, train, ddp, generate, gpu, torture, ranks, sweep, forms, collectives, link, fit, coverage, tokens, strategies or
            parts, then its own options.
    """
    raise ValueError(f"bench = {name!r}: see `labgpt bench --help`")  # cli.main hands `bench …` to bench.verbs


def keep(path: Path | None, found: list | dict) -> None:
    """Write the figures as JSON, with their provenance beside the single ones."""
    if path is not None:
        where = found | {"provenance": provenance()} if isinstance(found, dict) else found
        write_atomic(path, json.dumps(where, indent=1) + "\n")
