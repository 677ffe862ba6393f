"""Muon: singular values near one, the same alone or in a batch, three maps in a (3C, C) matrix."""

import torch

from labgpt.model import GPT
from labgpt.spec import OptimConfig, derive
from labgpt.train.optim import Muon, optimizers, orthogonalise


def test_singular_values_are_pushed_towards_one():
    for shape in ((3, 16, 16), (2, 16, 64), (2, 64, 16)):
        g = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        values = torch.linalg.svdvals(orthogonalise(g))
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
