"""The GPT and its sampling."""

from .generate import generate
from .gpt import GPT

__all__ = ["GPT", "generate"]
