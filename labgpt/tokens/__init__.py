"""Documents to tokens to batches. `prepare(data, model)` gives a TokenSet; its batches are pure functions of (seed, step)."""

from . import shards
from .batches import TokenSet, prepare, streams
from .tokenizer import Tokenizer, tokenizer

__all__ = ["TokenSet", "Tokenizer", "prepare", "shards", "streams", "tokenizer"]
