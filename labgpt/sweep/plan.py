"""What a grid will take, before any of it is started."""

from labgpt import machine
from labgpt.spec import RunSpec
from labgpt.train import outlook

from .pool import pool_s


def plan(specs: list[RunSpec], gpus: int = 0) -> str:
    """A line a run, then the hours of all of them on `gpus` GPUs, one run each, or with 0 on this machine's cores."""
    lines = [outlook.HEADER, *map(outlook.line, specs)]
    workers = min(gpus or machine.cores(), len(specs))
    lines.append(f"{len(specs)} runs on {workers} {'GPUs' if gpus else 'cores'}: about {pool_s(specs, workers) / 3600:.3g} hours")
    longest, fair = max(specs, key=outlook.cost_s), sum(map(outlook.cost_s, specs)) / workers
    if workers > 1 and outlook.cost_s(longest) > 1.5 * fair:
        lines.append(f"run {longest.run_id} alone keeps the others waiting: train it by itself, with world_size {workers}")
    return "\n".join([*lines, *outlook.caveat(specs)])
