"""The process group that torchrun describes in the environment, or a group of one."""

from __future__ import annotations

import os
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor

TIMEOUT = timedelta(minutes=2)  # for a peer that does not answer


class Group:
    """rank, world_size, and the few collectives that the lab needs. Use as a context manager."""

    def __init__(self, world_size: int, device: str = "cpu"):
        started = int(os.environ.get("WORLD_SIZE", "1"))
        if started != world_size:
            raise ValueError(
                f"world_size = {world_size}: {started} process{'es' * (started > 1)} started; allowed is the same number; "
                f"try torchrun --standalone --nproc_per_node {world_size} -m labgpt.train SPEC.json"
            )
        self.world_size, self.rank = world_size, int(os.environ.get("RANK", "0"))
        self.device = device

    def __enter__(self) -> Group:
        if self.device == "cuda":
            local, there = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
            if local >= there:
                raise ValueError(f"device = 'cuda': process {local} finds {there} GPUs; allowed is a process a GPU; try device=cpu")
            torch.cuda.set_device(local)
        if self.world_size > 1:
            dist.init_process_group("nccl" if self.device == "cuda" else "gloo", timeout=TIMEOUT)
        return self

    def __exit__(self, *error: object) -> None:
        if self.world_size > 1:
            dist.destroy_process_group()

    def exchange(self, mine: Tensor, partner: int) -> Tensor:
        """Send `mine` to the partner and receive a tensor of the same shape from it."""
        theirs = torch.empty_like(mine)
        send, receive = dist.P2POp(dist.isend, mine, partner), dist.P2POp(dist.irecv, theirs, partner)
        for request in dist.batch_isend_irecv([send, receive]):
            request.wait()
        return theirs

    def tell(self, word: int = 0) -> int:
        """Rank 0's number, on every rank."""
        told = torch.tensor(word, device=self.device)
        dist.broadcast(told, 0)
        return int(told)

    def share(self, mine: Tensor) -> list[Tensor]:
        """Every rank's tensor (all have one shape), in the order of ranks."""
        parts = [torch.empty_like(mine) for _ in range(self.world_size)]
        dist.all_gather(parts, mine)
        return parts

    def average(self, mine: Tensor) -> Tensor:
        """Every rank's tensor, added up in place and divided by W."""
        if self.world_size > 1:
            dist.all_reduce(mine)
        return mine / self.world_size

    def gather(self, mine: Tensor) -> Tensor:
        """Every rank's tensor, joined along the first axis in the order of ranks."""
        return mine if self.world_size == 1 else torch.cat(self.share(mine.to(self.device))).cpu()


def local(t: Tensor) -> Tensor:
    """This rank's part of a tensor that torch has cut (a DTensor); any other as it is."""
    return t.to_local() if hasattr(t, "to_local") else t
