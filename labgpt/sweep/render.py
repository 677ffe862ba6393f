"""Launch files for several machines: torchrun lines, or a SLURM script of a run or of a study. The text alone; nothing is started."""

import shlex
from pathlib import Path

from labgpt.spec import RunSpec
from labgpt.spec.run import need

from .study import Study

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
ARRAY = """#!/bin/bash
#SBATCH --job-name=labgpt-{name}
#SBATCH --array=0-{last}
#SBATCH --nodes=1 --ntasks=1 --cpus-per-task={nproc}
{gpus}#SBATCH --requeue --signal=TERM@60
#SBATCH --open-mode=append --output=%x-%A_%a.log
# Pre-empted, requeued or a minute before its time is up, a part is sent SIGTERM: its runs write checkpoints, and go on when it is
# back. The same line without --shard then trains nothing, and writes the table of all parts with --csv FILE.
export LABGPT_QUIET=1
srun python -m labgpt sweep run {study} --shard "$SLURM_ARRAY_TASK_ID/{parts}" {more}--store {store}
code=$?
[ "$code" -eq 130 ] && scontrol requeue "$SLURM_JOB_ID"
exit "$code"
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


def array(study: str | Path, store: str | Path, nodes: int, nproc: int = 1) -> str:
    """An sbatch array that trains the study of a TOML file in `nodes` parts, each on `nproc` cores, or GPUs where it asks for them.

    Study and store lie on a file system that the machines share. ValueError: a slip in the study, more parts than runs.
    """
    found = Study.read(study)
    runs, cuda = found.specs(), found.set.get("device") == "cuda"
    need(1 <= nodes <= len(runs), "nodes", nodes, f"1 to {len(runs)}, the runs of {study}: a part has one or more")
    need(nproc >= 1, "nproc", nproc, "1 or more: cores of a part, or its GPUs")
    gpus, more = (f"#SBATCH --gpus-per-node={nproc}\n", f"--gpus {nproc} ") if cuda else ("", "")
    where = {"study": shlex.quote(str(study)), "store": shlex.quote(str(store)), "name": Path(study).stem.replace(" ", "-")}
    return ARRAY.format(last=nodes - 1, parts=nodes, nproc=nproc, gpus=gpus, more=more, **where)
