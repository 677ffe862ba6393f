"""Which of the ways to share a step among processes a spec asks for."""

from labgpt.model import GPT
from labgpt.spec import Execution

from . import diloco, strategies
from .data_parallel import Ring, Tree
from .group import Group


def replicas(model: GPT, group: Group, execution: Execution, owner: dict[str, int]):
    """What computes a step's gradient: a Tree, a Ring, a DiLoCo, or a Sharded. owner: for zero1, who alone updates a parameter."""
    if execution.recompute:
        strategies.recompute(model)
    if execution.strategy == "diloco":
        return diloco.DiLoCo(model, group, execution)
    if execution.sharded:
        return strategies.Sharded(model, group, execution, owner)
    if execution.reduction == "tree":
        return Tree(model, group, execution.microshards)
    return Ring(model, group, execution.microbatches)
