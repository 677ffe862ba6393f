"""Data parallelism by hand: what torch's DDP and ZeroRedundancyOptimizer do, from nothing but send and receive.

    Naive        one all-reduce a parameter, once backward is over
    Bucketed     the same in a few large all-reduces: as many bytes, fewer messages
    Overlapped   a bucket leaves as soon as its gradients are there, while backward still runs
    Zero1        gradients summed piece by piece, each rank updates its own piece alone, the new weights are gathered

Each takes the mean loss of this rank's equal slice and leaves every rank with the same new weights; tests hold them against
torch's own. The ring: Patarasuk & Yuan 2009; buckets and overlap: Li et al. 2020 (arXiv:2006.15704); ZeRO: Rajbhandari et
al. 2020 (arXiv:1910.02054).
"""

import queue
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import torch
import torch.distributed as dist
from torch import Tensor, nn

MakeOptimizer = Callable[[Iterable[Tensor]], torch.optim.Optimizer]
BUCKET_BYTES = 32_768  # torch's default is 25 MB; these models have a tenth of one


class Line:
    """A rank's place in the ring: it sends to the rank on its right, hears the one on its left, and counts what it sends."""

    def __init__(self, rank: int, world_size: int):
        self.rank, self.world_size, self.bytes, self.messages = rank, world_size, 0, 0

    def pass_on(self, piece: Tensor, into: Tensor) -> None:
        """Send `piece` to the right while `into` is filled from the left."""
        self.bytes, self.messages = self.bytes + piece.nbytes, self.messages + 1
        self.swap(piece, into)

    def swap(self, piece: Tensor, into: Tensor) -> None:
        right, left = (self.rank + 1) % self.world_size, (self.rank - 1) % self.world_size
        both = [dist.P2POp(dist.isend, piece, right), dist.P2POp(dist.irecv, into, left)]
        for request in dist.batch_isend_irecv(both):
            request.wait()


def reduce_scatter(flat: Tensor, line: Line) -> None:
    """First half of the ring: afterwards piece `rank` of `flat` is the sum over ranks; the other pieces are half-made sums."""
    pieces, w = flat.tensor_split(line.world_size), line.world_size
    for hop in range(w - 1):
        give, take = (line.rank - hop - 1) % w, (line.rank - hop - 2) % w
        arrived = torch.empty_like(pieces[take])
        line.pass_on(pieces[give], arrived)
        pieces[take].add_(arrived)


def all_gather(flat: Tensor, line: Line) -> None:
    """Second half: every rank's piece `rank` of `flat` goes round until all have all of it."""
    pieces, w = flat.tensor_split(line.world_size), line.world_size
    for hop in range(w - 1):
        give, take = (line.rank - hop) % w, (line.rank - hop - 1) % w
        line.pass_on(pieces[give], pieces[take])


def all_reduce(flat: Tensor, line: Line) -> None:
    """`flat` (n,) becomes the sum over ranks, on every rank: 2 (W - 1) messages of n / W numbers each."""
    reduce_scatter(flat, line)
    all_gather(flat, line)


class Naive:
    def __init__(self, model: nn.Module, line: Line, optimizer: MakeOptimizer):
        self.model, self.parameters, self.line = model, list(model.parameters()), line
        self.optimizer = optimizer(self.parameters)

    def step(self, loss: Tensor) -> None:
        self.optimizer.zero_grad()
        loss.backward()
        self.average()
        self.optimizer.step()

    def average(self) -> None:
        for p in self.parameters:
            all_reduce(p.grad.view(-1), self.line)
            p.grad /= self.line.world_size


class Bucketed(Naive):
    def __init__(self, model: nn.Module, line: Line, optimizer: MakeOptimizer):
        super().__init__(model, line, optimizer)
        self.buckets: list[list[Tensor]] = [[]]
        for p in reversed(self.parameters):  # backward begins with the last layer
            if self.buckets[-1] and sum(q.nbytes for q in [*self.buckets[-1], p]) > BUCKET_BYTES:
                self.buckets.append([])
            self.buckets[-1].append(p)

    def average(self) -> None:
        for bucket in self.buckets:
            self.reduce(bucket)

    def reduce(self, bucket: list[Tensor]) -> None:
        flat = torch.cat([p.grad.view(-1) for p in bucket])
        all_reduce(flat, self.line)
        flat /= self.line.world_size
        for p, part in zip(bucket, flat.split([p.numel() for p in bucket]), strict=True):
            p.grad.copy_(part.view_as(p))


class Overlapped(Bucketed):
    def __init__(self, model: nn.Module, line: Line, optimizer: MakeOptimizer):
        super().__init__(model, line, optimizer)
        self.sender = ThreadPoolExecutor(1)
        self.sent, self.missing = [], [len(bucket) for bucket in self.buckets]
        for i, bucket in enumerate(self.buckets):
            for p in bucket:
                p.register_post_accumulate_grad_hook(partial(self.ready, i))

    def ready(self, i: int, _: Tensor) -> None:
        """A gradient of bucket i is there. Buckets leave in one order on all ranks, whichever is complete first."""
        self.missing[i] -= 1
        while len(self.sent) < len(self.buckets) and not self.missing[len(self.sent)]:
            self.sent.append(self.sender.submit(self.reduce, self.buckets[len(self.sent)]))

    def average(self) -> None:
        for work in self.sent:
            work.result()
        self.sent, self.missing = [], [len(bucket) for bucket in self.buckets]


class Zero1:
    def __init__(self, model: nn.Module, line: Line, optimizer: MakeOptimizer):
        self.model, self.parameters, self.line = model, list(model.parameters()), line
        self.flat = torch.cat([p.detach().view(-1) for p in self.parameters])
        for p, part in zip(self.parameters, self.flat.split([p.numel() for p in self.parameters]), strict=True):
            p.data = part.view_as(p)  # the weights lie in one row now
        self.own = nn.Parameter(self.flat.tensor_split(line.world_size)[line.rank])  # a view of it
        self.optimizer = optimizer([self.own])  # so its moments are 1 / W as large

    def step(self, loss: Tensor) -> None:
        for p in self.parameters:
            p.grad = None
        loss.backward()
        gradient = torch.cat([p.grad.view(-1) for p in self.parameters])
        reduce_scatter(gradient, self.line)
        self.own.grad = gradient.tensor_split(self.line.world_size)[self.line.rank] / self.line.world_size
        self.optimizer.step()
        all_gather(self.flat, self.line)


FORMS = {"naive": Naive, "bucketed": Bucketed, "overlapped": Overlapped, "zero1": Zero1}


class Torch:
    """torch's own, stepped like the forms: DistributedDataParallel, with `shared` its ZeroRedundancyOptimizer too."""

    def __init__(self, model: nn.Module, optimizer: MakeOptimizer, shared: bool):
        self.model = nn.parallel.DistributedDataParallel(model)
        self.optimizer = optimizer(model.parameters())
        if shared:
            from torch.distributed.optim import ZeroRedundancyOptimizer

            self.optimizer = ZeroRedundancyOptimizer(model.parameters(), type(self.optimizer), lr=self.optimizer.defaults["lr"])

    def step(self, loss: Tensor) -> None:
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()


def optimizer_bytes(optimizer: torch.optim.Optimizer) -> int:
    """Bytes of the optimizer's moments on this rank."""
    states = getattr(optimizer, "optim", optimizer).state.values()
    return sum(t.nbytes for state in states for t in state.values() if isinstance(t, Tensor) and t.ndim)


class ThreadLine(Line):
    """The same place in a ring of threads: what is sent waits in the box of the one on the right."""

    def __init__(self, rank: int, boxes: list[queue.Queue]):
        super().__init__(rank, len(boxes))
        self.boxes = boxes

    def swap(self, piece: Tensor, into: Tensor) -> None:
        self.boxes[(self.rank + 1) % self.world_size].put(piece.clone())
        into.copy_(self.boxes[self.rank].get(timeout=20))


def in_threads(world_size: int, work: Callable[[Line], object]) -> list:
    """[work(line) of each rank], ranks as threads of this process: a ring without processes, for looking and for tests.

    Raises what a rank raised; queue.Empty where a rank waited 20 s for its neighbour.
    """
    boxes = [queue.Queue() for _ in range(world_size)]
    with ThreadPoolExecutor(world_size) as pool:
        return list(pool.map(work, [ThreadLine(rank, boxes) for rank in range(world_size)]))
