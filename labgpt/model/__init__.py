"""The GPT and its sampling."""

from .generate import generate, stream
from .gpt import GPT, Cache

__all__ = ["GPT", "Cache", "generate", "stream"]
