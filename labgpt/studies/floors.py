"""How often does a law's range of E hold the truth? Small studies of two languages whose entropy is known, one a seed."""

from __future__ import annotations

from pathlib import Path

from labgpt import sweep
from labgpt.laws import Chinchilla
from labgpt.spec import RunSpec

CORPORA, WIDTHS, STUDIES = ("zipf-markov", "tales"), (16, 20, 24, 28, 32, 40), 20
BUDGETS = tuple(49_152 * 2**k for k in range(4))


def specs(corpus: str, studies: int = STUDIES) -> list[RunSpec]:
    """Six trunks of four budgets a study. A seed is a study: its trunks see other text in another order from other weights."""
    return sweep.grid(WIDTHS, BUDGETS, corpus, seeds=studies, val_tokens=32_768)
