"""What a run will take, before it is started. Nothing here needs the device it speaks of."""

from labgpt import cost, machine
from labgpt.spec import RunSpec

from .loop import planned_tokens

HEADER = f"{'run':<12} {'N':>13} {'D':>15} {'C, FLOPs':>9} {'ranks':>5} {'rows each':>9} {'GB each':>8} {'hours':>9}"


def cost_s(spec: RunSpec) -> float:
    """Predicted seconds of one run here: measured pace on a core, an assumed one on a GPU."""
    return machine.seconds(spec, planned_tokens(spec), machine.speed())


def memory_bytes(spec: RunSpec) -> int:
    """Predicted bytes a process, in float32; under bfloat16 the activations take about half. Python's own are not in it."""
    science, how = spec.science, spec.execution
    if how.sharded and how.strategy != "fsdp+tp":
        ends = (0, how.world_size - 1)  # a pipeline's first stage keeps most microbatches, its last has the logits
        return max(cost.rank_memory(science.model, science.batch_size, how.strategy, how.world_size, r, how.microbatches) for r in ends)
    at_once = science.batch_size // (how.microshards if how.reduction == "tree" else how.data * how.microbatches)
    held = cost.memory(science.model, at_once, science.optim.name)
    return max(held.total, held.peak)


def line(spec: RunSpec) -> str:
    """The run's N, D and C, its rows and memory a process, and its hours."""
    science, model, ways = spec.science, spec.science.model, spec.execution.world_size
    tokens = science.schedule.budgets[-1]
    return (
        f"{spec.run_id:<12} {cost.parameters(model).matmul:>13,} {tokens:>15,} {cost.training_flops(model, tokens):>9.1e} "
        f"{ways:>5} {science.batch_size // ways:>9} {memory_bytes(spec) / 1e9:>8.2f} {cost_s(spec) / 3600:>9.3g}"
    )


def caveat(specs: list[RunSpec]) -> list[str]:
    """What the lines do not know."""
    if all(spec.execution.device == "cpu" for spec in specs):
        return []
    return [f"GPU hours are not measured: {machine.GPU_SHARE:.0%} of {machine.GPU_FLOPS:.3g} FLOP/s (an H100's) is assumed"]


def outlook(spec: RunSpec) -> str:
    """One run's line with its header."""
    return "\n".join([HEADER, line(spec), *caveat([spec])])
