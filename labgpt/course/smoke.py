"""Run by torchrun: every rank adds its number over gloo. `python -m labgpt.course.smoke` is not for people."""
from __future__ import annotations


def main() -> None:
    import torch
    import torch.distributed as dist

    dist.init_process_group("gloo")
    total = torch.tensor([dist.get_rank() + 1.0])
    dist.all_reduce(total)
    if dist.get_rank() == 0:
        print(f"sum {total.item():g} over {dist.get_world_size()} ranks", flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
