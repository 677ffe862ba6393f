"""Training: one run from its spec. `python -m labgpt.train SPEC.json`, alone or under torchrun."""

from .run import Stopped, load_model, run

__all__ = ["Stopped", "load_model", "run"]
