"""What this machine can do: cores, the settings a training process starts with, its speed, and how long a run will take.

Timings only ever predict time. Nothing that decides a run's numbers is read from them.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
import timeit
from functools import lru_cache
from pathlib import Path

from labgpt import cost
from labgpt.spec import RunSpec

# Seconds a token of a training step, one thread, fp32: non-negative least squares of 14 measured steps (7 widths, 2 corpora, recipe
# v2), off by at most 8 %. In turn: kernel calls a layer and step, whatever the width; activations through memory; logits; matmuls.
PER_LAYER_STEP_S, PER_CHANNEL_S, PER_LOGIT_S, PER_FLOP_S = 5.85e-4, 1.13e-8, 2.0e-9, 1.13e-11
REFERENCE_BENCH_S = 0.0129  # what bench() takes on the machine those were measured on
GPU_FLOPS, GPU_SHARE = 989e12, 0.4  # an H100 SXM's dense bfloat16 peak (NVIDIA's data sheet), and an assumed share of it
EVAL_SHARE = 0.3  # a forward pass over a validation token, as a share of a training token


def cores() -> int:
    """Cores this process may use (a container's share, not the host's; a SLURM task's, bound to them or not)."""
    try:
        here = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        here = os.cpu_count() or 1
    return min(here, int(os.environ.get("SLURM_CPUS_PER_TASK", here)))


def gpus() -> int:
    """GPUs that torch can use here. Raises ValueError where there is none."""
    import torch

    if not torch.cuda.device_count():
        raise ValueError("device = 'cuda': torch finds no GPU here; allowed is cpu; `labgpt doctor` says what there is")
    return torch.cuda.device_count()


def worker_env(threads: int = 1) -> dict[str, str]:
    """The environment a training process is started with.

    One thread a process: tiny kernels lose more to a second thread than they gain. glibc is told to keep freed memory, since
    handing every large temporary back to the kernel costs 20–35 %. A restarted torchrun must not read its dead peers' keys.
    """
    return os.environ | {
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "MALLOC_MMAP_THRESHOLD_": str(32 << 20),  # glibc ignores values above 32 MiB
        "MALLOC_TRIM_THRESHOLD_": str(4 << 30),
        "MALLOC_TOP_PAD_": str(64 << 20),
        "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }


def give_back() -> None:
    """Hand freed memory back to the kernel. glibc keeps it, in pieces: a quarter of a byte for every byte of text encoded."""
    if sys.platform == "linux" and platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


def torchrun(ranks: int, *more: str) -> list[str]:
    """The command that starts `ranks` processes here: torchrun as a module, which needs no PATH; `more`: its options, then -m MODULE …"""
    return [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(ranks), *more]


def bench() -> float:
    """Seconds that a fixed piece of training-like arithmetic takes, one thread: the best of several."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        x, w = torch.ones(2048, 64), torch.ones(64, 256) / 64

        def step() -> None:
            h = (x @ w).relu().square()
            torch.log_softmax(h @ w.T, dim=-1).exp_().mul_(2.0)

        return min(timeit.repeat(step, number=10, repeat=8))
    finally:
        torch.set_num_threads(before)


class Meter:
    """`with Meter() as meter: …` -> meter.joules that the whole machine drew, by meter.source; None and "" where no counter may be read."""

    def __init__(self, powercap: str = "/sys/class/powercap"):
        self.packages = sorted(Path(powercap).glob("intel-rapl:[0-9]"))  # AMD's too bears this name
        self.joules, self.source = None, ""

    def __enter__(self) -> Meter:
        self.before = self._read()
        return self

    def __exit__(self, *_) -> None:
        if self.before and (after := self._read()):
            self.joules = sum((now - then) % wrap for (now, wrap), (then, _) in zip(after, self.before, strict=True)) / 1e6
            self.source = f"RAPL, {len(after)} package{'s' if len(after) > 1 else ''}"

    def _read(self) -> list[tuple[int, int]]:
        """(microjoules so far, where they wrap) a package; [] where they are not ours to read."""
        try:
            return [tuple(int((p / name).read_text()) for name in ("energy_uj", "max_energy_range_uj")) for p in self.packages]
        except (OSError, ValueError):
            return []


@lru_cache(maxsize=1)
def speed() -> float:
    """This machine's speed, one thread, as a multiple of the machine that the reference runs were made on."""
    return REFERENCE_BENCH_S / bench()


def seconds(spec: RunSpec, tokens: int, speed: float = 1.0) -> float:
    """Predicted seconds to train `tokens` tokens (and to evaluate at each budget) with one thread a process; on a GPU, assumed."""
    science, model = spec.science, spec.science.model
    ways = spec.execution.world_size
    val = len(science.schedule.budgets) * science.data.val_tokens
    if spec.execution.device == "cuda":
        return cost.flops(model).train * (tokens + EVAL_SHARE * val) / ways / (GPU_SHARE * GPU_FLOPS)
    layers = model.n_layer + 1
    work = (PER_CHANNEL_S * layers * model.d_model + PER_LOGIT_S * model.vocab_size + PER_FLOP_S * cost.flops(model).train)
    token = PER_LAYER_STEP_S * layers / science.tokens_per_step + work / ways
    return token * (tokens + EVAL_SHARE * val) / speed
