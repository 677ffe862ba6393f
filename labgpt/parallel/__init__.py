"""Data parallelism: the same global batch for any number of processes."""

from .data_parallel import Ring, Tree
from .group import Group, local
from .ways import replicas

__all__ = ["Group", "Ring", "Tree", "local", "replicas"]
