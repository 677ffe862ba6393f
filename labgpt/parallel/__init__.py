"""Data parallelism: the same global batch for any number of processes."""

from .data_parallel import Ring, Tree, replicas
from .group import Group, local

__all__ = ["Group", "Ring", "Tree", "local", "replicas"]
