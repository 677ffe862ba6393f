"""The GPT: causal, uniform before training, counted, and no model's business but its own."""

import dataclasses
import math

import pytest
import torch

from labgpt import cost
from labgpt.model import GPT
from labgpt.spec import SWITCHES, ModelConfig, OptimConfig, RunSpec, derive, replace
from labgpt.train.optim import optimizers

CONFIG = ModelConfig(vocab_size=64, seq_len=16, n_layer=2, d_model=32, n_head=2)


@pytest.fixture
def model():
    model = GPT(CONFIG, seed=3)
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.add_(0.2 * torch.randn(p.shape, generator=torch.Generator().manual_seed(i)))
    return model.eval()


def ids(rows=3, seed=0):
    return torch.randint(64, (rows, 16), generator=torch.Generator().manual_seed(seed))


def test_an_untrained_model_is_uniform():
    assert GPT(CONFIG)(ids(), ids(seed=1)).item() == pytest.approx(math.log(64), abs=1e-6)


def test_a_later_token_changes_nothing_before_it(model):
    a = ids()
    b = a.clone()
    b[:, 9:] = (b[:, 9:] + 1) % 64
    x, y = model(a), model(b)
    assert torch.allclose(x[:, :9], y[:, :9], atol=1e-5) and not torch.allclose(x[:, 9:], y[:, 9:], atol=1e-3)


def test_a_row_does_not_see_its_neighbours(model):
    assert torch.allclose(model(ids(4))[:1], model(ids(4)[:1]), atol=1e-5)


def test_positions_are_relative(model):
    """Rotary positions: with one layer's attention to equal tokens only the distance matters, so a constant row is constant."""
    x = model(torch.full((1, 16), 7))
    assert torch.allclose(x[0], x[0, :1].expand_as(x[0]), atol=1e-4)


def test_every_parameter_is_counted():
    assert cost.parameters(CONFIG).total == sum(p.numel() for p in GPT(CONFIG).parameters())
    assert cost.parameters(CONFIG).matmul == sum(p.numel() for p in GPT(CONFIG).parameters()) - 64 * 32


def test_weights_depend_on_the_seed_alone():
    torch.manual_seed(1)
    a = GPT(CONFIG, seed=5).state_dict()
    torch.manual_seed(2)
    b = GPT(CONFIG, seed=5).state_dict()
    assert all(torch.equal(a[k], b[k]) for k in a)
    assert not torch.equal(a["embed.weight"], GPT(CONFIG, seed=6).state_dict()["embed.weight"])


def test_beyond_the_context_is_refused(model):
    with pytest.raises(ValueError, match="17 positions.*16"):
        model(torch.zeros(1, 17, dtype=torch.long))


@pytest.mark.parametrize("switch", [name for name in SWITCHES])
def test_every_switch_gives_another_causal_model_whose_parameters_are_counted(switch):
    config = dataclasses.replace(CONFIG, **{switch: SWITCHES[switch][1]})
    model = GPT(config).eval()
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.add_(0.2 * torch.randn(p.shape, generator=torch.Generator().manual_seed(i)))
    a = ids()
    b = torch.cat([a[:, :9], (a[:, 9:] + 1) % 64], dim=1)
    assert torch.allclose(model(a)[:, :9], model(b)[:, :9], atol=1e-4)
    assert cost.parameters(config).total == sum(p.numel() for p in model.parameters())
    assert len(optimizers(model, OptimConfig())) == 2  # and every parameter has one, or a step would leave it
    assert sum(len(g["params"]) for o in optimizers(model, OptimConfig()) for g in o.param_groups) == len(list(model.parameters()))


def test_a_model_without_new_switches_keeps_the_id_it_was_recorded_under():
    spec = derive(16)
    assert spec.spec_id == replace(spec, norm="rms").spec_id != replace(spec, norm="layer").spec_id
    assert RunSpec.from_json(spec.to_json()) == spec


def test_dropout_acts_in_training_alone():
    model = GPT(dataclasses.replace(CONFIG, dropout=0.5, **{"init": "gpt2"}))
    assert not torch.equal(model(ids()), model(ids())) and torch.equal(model.eval()(ids()), model(ids()))
