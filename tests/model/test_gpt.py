"""The GPT: causal, uniform before training, counted, and no model's business but its own."""

import math

import pytest
import torch

from labgpt import cost
from labgpt.model import GPT, generate
from labgpt.spec import ModelConfig

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


def test_greedy_takes_the_likeliest_and_the_window_slides(model):
    out = generate(model, [1, 2, 3], 30, temperature=0)
    seen = [1, 2, 3]
    for token in out:
        assert token == int(model(torch.tensor([seen[-16:]]))[0, -1].argmax())
        seen.append(token)


def test_samples_repeat_with_their_seed_and_top_k_is_kept(model):
    assert generate(model, [1], 20, seed=4) == generate(model, [1], 20, seed=4) != generate(model, [1], 20, seed=5)
    assert generate(model, [1], 20, top_k=1) == generate(model, [1], 20, temperature=0)


@pytest.mark.parametrize("arguments, words", [({"ids": []}, "ids"), ({"temperature": -1}, "temperature")])
def test_wrong_sampling_is_told(model, arguments, words):
    with pytest.raises(ValueError, match=words):
        generate(model, **{"ids": [1], "n": 2} | arguments)
