"""`python many_ranks.py W FOLDER`: W ranks by fork (torch is loaded once), each writes FOLDER/RANK.json. For test_model_parallel.py."""

import json
import os
import socket
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed import pipelining
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor.debug import CommDebugMode
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

from labgpt.cost.pipeline import KINDS, schedule
from labgpt.model import GPT
from labgpt.parallel import Group
from labgpt.parallel.model_by_hand import ColumnLinear, RowLinear, part
from labgpt.studies import model_parallel as study

D, STEPS = 32, 20


class NoSum(RowLinear):
    """A mutant: the parts are never added up."""

    def forward(self, x):
        return nn.functional.linear(x, self.weight)


class NoSumBackward(ColumnLinear):
    """A mutant: each rank keeps its own input gradient."""

    def forward(self, x):
        return nn.functional.linear(x, self.weight)


def mlp(rank: int, ranks: int) -> dict:
    torch.manual_seed(0)
    whole = nn.Sequential(nn.Linear(D, 4 * D, bias=False), nn.GELU(), nn.Linear(4 * D, D, bias=False))
    x = torch.randn(4, 8, D)

    def cut(column=ColumnLinear, row=RowLinear, axis=1):
        return nn.Sequential(column(part(whole[0].weight, rank, ranks)), nn.GELU(), row(part(whole[2].weight, rank, ranks, axis)))

    theirs = nn.Sequential(nn.Linear(D, 4 * D, bias=False), nn.GELU(), nn.Linear(4 * D, D, bias=False))
    theirs.load_state_dict(whole.state_dict())
    parallelize_module(theirs, init_device_mesh("cpu", (ranks,)), {"0": ColwiseParallel(), "2": RowwiseParallel()})

    def passes(net) -> list:
        inside = x.clone().requires_grad_()
        y = net(inside)
        y.square().sum().backward()
        gradients = [w.grad.to_local() if hasattr(w.grad, "to_local") else w.grad for w in (net[0].weight, net[2].weight)]
        return [y.detach(), inside.grad, *gradients]

    expected = passes(whole)
    expected[2:] = [part(expected[2], rank, ranks).detach(), part(expected[3], rank, ranks, 1).detach()]

    def apart(net) -> list[float]:
        return [study.relative(a, b) for a, b in zip(passes(net), expected)]

    with CommDebugMode() as counted:
        own = apart(cut())
    return {"own": own, "all_reduces": counted.get_total_counts(), "torch": apart(theirs),
            "no sum": apart(cut(row=NoSum)), "no sum backward": apart(cut(column=NoSumBackward))}  # fmt: skip


def pipelines(kind: str, rank: int, ranks: int) -> dict:
    """A stage's gradient against the whole model's and against torch's own schedule."""
    (stage, line), (ids, targets) = study.staged(rank, ranks), study.batch()
    first, last = rank == 0, rank == ranks - 1
    line.run(schedule(kind, ranks, study.MICROBATCHES)[rank], ids.chunk(study.MICROBATCHES), targets.chunk(study.MICROBATCHES))
    mine = [p.grad.clone() for p in stage.parameters()]
    stage.zero_grad()
    make = {"gpipe": pipelining.ScheduleGPipe, "1f1b": pipelining.Schedule1F1B}[kind]
    theirs = make(pipelining.PipelineStage(stage, rank, ranks, torch.device("cpu")), study.MICROBATCHES, loss_fn=stage.model.read_out)
    theirs.step(*([ids] if first else []), **({"target": targets} if last else {}))
    most = max(float(p.grad.abs().max()) for p in stage.parameters())
    beside = max(float((a - p.grad).abs().max()) for a, p in zip(mine, stage.parameters(), strict=True)) / most
    return study.pipeline(kind, rank, ranks) | {"torch": beside}


def losses(group) -> list[float]:
    """How far the loss of each of STEPS steps under 1F1B lies from one process's; on the last stage."""
    stage, line = study.staged(group.rank, group.world_size)
    whole = GPT(study.spec().science.model, 0)
    each, together = (torch.optim.AdamW(m.parameters(), 1e-3) for m in (stage, whole))
    order, found = schedule("1f1b", group.world_size, study.MICROBATCHES)[group.rank], []
    for step in range(STEPS):
        ids, targets = study.batch(step)
        each.zero_grad()
        loss = line.run(order, ids.chunk(study.MICROBATCHES), targets.chunk(study.MICROBATCHES))
        each.step()
        if group.rank == group.world_size - 1:
            together.zero_grad()
            expected = whole(ids, targets)
            expected.backward()
            together.step()
            found.append(abs(loss - float(expected.detach())))
    return found


def work(rank: int, ranks: int, place: Path) -> None:
    with Group(ranks) as group:
        found = {"mlp": mlp(rank, ranks), "pipeline": {k: pipelines(k, rank, ranks) for k in KINDS}, "losses": losses(group)}
        found["memory"] = {way: study.held(way, group) for way in study.WAYS}
    (place / f"{rank}.json").write_text(json.dumps(found))


def main(ranks: int, place: Path) -> int:
    free = socket.create_server(("127.0.0.1", 0))
    at = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1]), "WORLD_SIZE": str(ranks)}
    free.close()
    children = []
    for rank in range(ranks):
        child = os.fork()
        if child == 0:
            os.environ |= at | {"RANK": str(rank), "LOCAL_RANK": str(rank)}
            torch.set_num_threads(1)
            code = 1
            try:
                work(rank, ranks, place)
                code = 0
            finally:
                import traceback

                if code:
                    traceback.print_exc()
                sys.stderr.flush()
                os._exit(code)
        children.append(child)
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)


if __name__ == "__main__":
    assert not dist.is_initialized()
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2])))
