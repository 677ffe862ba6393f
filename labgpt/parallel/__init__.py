"""Data parallelism: the same global batch for any number of processes."""

from .data_parallel import Ring, Tree, replicas
from .group import Group

__all__ = ["Group", "Ring", "Tree", "replicas"]
