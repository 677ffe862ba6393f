"""Muon: singular values near one, the same alone or in a batch, three maps in a (3C, C) matrix, shared out among ranks."""

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import torch

from labgpt.model import GPT
from labgpt.spec import OptimConfig, derive
from labgpt.train.optim import Muon, _squares, optimizers, orthogonalise, shares, turn, turn_together


@pytest.mark.parametrize("half", [False, True])
def test_singular_values_are_pushed_towards_one(half):
    for shape in ((3, 16, 16), (2, 16, 64), (2, 64, 16)):
        g = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        values = torch.linalg.svdvals(orthogonalise(g, half))
        assert 0.4 < values.min() and values.max() < 1.4


def test_a_batch_is_its_matrices_one_by_one():
    g = torch.randn(4, 8, 32, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(orthogonalise(g), torch.cat([orthogonalise(m[None]) for m in g]))


def test_queries_keys_and_values_are_turned_apart():
    grad = torch.randn(48, 16, generator=torch.Generator().manual_seed(2))
    whole, parts = torch.nn.Parameter(torch.zeros(48, 16)), [torch.nn.Parameter(torch.zeros(16, 16)) for _ in range(3)]
    whole.grad = grad.clone()
    for p, g in zip(parts, grad.chunk(3)):
        p.grad = g.clone()
    Muon([whole], 0.1, 0.95, 0.0).step()
    Muon(parts, 0.1, 0.95, 0.0).step()
    torch.testing.assert_close(whole.detach(), torch.cat([p.detach() for p in parts]))


def test_every_parameter_has_exactly_one_optimiser():
    model = GPT(derive(32).science.model)
    for name in ("muon", "adamw"):
        owned = [p for o in optimizers(model, OptimConfig(name=name)) for g in o.param_groups for p in g["params"]]
        assert sorted(map(id, owned)) == sorted(map(id, model.parameters()))


class Ranks:
    """W ranks as threads of this process, which see what each sends; `send` may spoil it."""

    def __init__(self, world_size, send=lambda flat: flat):
        self.boxes, self.barrier, self.world_size, self.send = [None] * world_size, threading.Barrier(world_size), world_size, send

    def group(self, rank):
        def share(mine):
            self.boxes[rank] = self.send(mine.clone())
            self.barrier.wait()
            return list(self.boxes)

        return SimpleNamespace(rank=rank, world_size=self.world_size, share=share)


def together(updates, world_size, **changes):
    ranks = Ranks(world_size, **changes)
    with ThreadPoolExecutor(world_size) as pool:
        return list(pool.map(lambda rank: turn_together(updates, False, ranks.group(rank)), range(world_size)))


UPDATES = [torch.randn(shape, generator=torch.Generator().manual_seed(i)) for i, shape in enumerate([(16, 16), (64, 16), (16, 64)] * 2)]


@pytest.mark.parametrize("world_size", [1, 2, 3, 8])
def test_ranks_that_share_the_matrices_out_end_with_the_same_updates(world_size):
    """Also where ranks have unequal shares, or none."""
    found = together(UPDATES, world_size)
    for mine in found:
        assert all(torch.equal(a, b) for a, b in zip(mine, found[0], strict=True)), "all ranks, bit for bit"
        for a, b in zip(mine, turn(UPDATES, False), strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=1e-5)


@pytest.mark.parametrize("way", ["nothing is sent", "in another order", "halved"])
def test_a_broken_exchange_is_caught(way):
    ways = {"nothing is sent": torch.zeros_like, "in another order": lambda flat: flat.flip(0), "halved": lambda flat: flat / 2}
    mine = together(UPDATES, 2, send=ways[way])[0]
    assert not all(torch.allclose(a, b, atol=1e-5) for a, b in zip(mine, turn(UPDATES, False), strict=True))


@pytest.mark.parametrize("world_size", [1, 2, 3, 4])
def test_every_matrix_has_one_owner_and_nobody_has_much_more_work(world_size):
    shapes = [tuple(part.shape) for p in GPT(derive(128).science.model).matrices for part in _squares(p)]
    owned = shares(shapes, world_size)
    assert sorted(i for places in owned for i in places) == list(range(len(shapes)))
    work = [sum(math.prod(shapes[i]) * min(shapes[i]) for i in places) for places in owned]
    assert max(work) <= 1.1 * sum(work) / world_size
