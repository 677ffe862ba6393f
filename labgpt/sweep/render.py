"""Launch files for several machines: a torchrun line for each, or a SLURM script. The text alone; nothing is started."""

from __future__ import annotations

from labgpt.spec import RunSpec
from labgpt.spec.run import need

PORT = 29400  # torchrun's own
SLURM = """#!/bin/bash
#SBATCH --job-name=labgpt-{run_id}
#SBATCH --nodes={nodes}
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task={cores}
{gpus}#SBATCH --output=%x-%j.log
export OMP_NUM_THREADS={threads} TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
srun {line}
"""


def render(spec: RunSpec, path: str, nodes: int, kind: str = "torchrun") -> str:
    """What starts spec.execution.world_size processes on `nodes` machines that share a file system, where the spec lies at `path`.

    torchrun: the same line for every machine, HEAD being one's name. Killed and given again, a run goes on from its checkpoint.
    """
    ranks, how = spec.execution.world_size, spec.execution
    need(kind in ("torchrun", "slurm"), "render", kind, "torchrun, slurm")
    need(nodes >= 1 and ranks % nodes == 0, "nodes", nodes, f"a divisor of nproc = {ranks}: every machine starts as many")
    head, job = ("HEAD", spec.run_id) if kind == "torchrun" else ('"$head"', '"$SLURM_JOB_ID"')
    line = (f"torchrun --nnodes {nodes} --nproc_per_node {ranks // nodes} --rdzv-backend c10d --rdzv-endpoint {head}:{PORT} "
            f"--rdzv-id {job} -m labgpt.train {path}")  # fmt: skip
    gpus = f"#SBATCH --gpus-per-node={ranks // nodes}\n" if how.device == "cuda" else ""
    cores = ranks // nodes * how.threads
    script = SLURM.format(run_id=spec.run_id, nodes=nodes, cores=cores, gpus=gpus, threads=how.threads, line=line)
    return script if kind == "slurm" else f"export TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1\n{line}\n"
