"""Training: one run from its spec. `python -m labgpt.train SPEC.json`, alone or under torchrun."""

from .run import load_model, run

__all__ = ["load_model", "run"]
