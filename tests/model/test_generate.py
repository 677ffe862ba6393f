"""Sampling: the cache changes the cost and nothing else; settings mean what they say."""

import dataclasses

import pytest
import torch

from labgpt.model import GPT, Cache, generate, stream
from labgpt.model.generate import choose
from labgpt.spec import GPT2, ModelConfig

CONFIG = ModelConfig(vocab_size=64, seq_len=16, n_layer=2, d_model=32, n_head=2)


@pytest.fixture(params=[{}, GPT2], ids=["default", "gpt2"])
def model(request):
    model = GPT(dataclasses.replace(CONFIG, **request.param), seed=3)
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.add_(0.2 * torch.randn(p.shape, generator=torch.Generator().manual_seed(i)))
    return model.eval()


@torch.no_grad()
def test_cached_logits_are_the_full_ones(model):
    ids = torch.randint(64, (3, 16), generator=torch.Generator().manual_seed(1))
    full, cache = model(ids), Cache(model, 3)
    parts = [model(ids[:, :5], cache=cache), *(model(ids[:, i : i + 1], cache=cache) for i in range(5, 16))]
    torch.testing.assert_close(torch.cat(parts, dim=1), full[:, 4:], rtol=0, atol=1e-5)


@pytest.mark.parametrize("settings", [{"temperature": 0}, {"seed": 4}, {"top_k": 5}, {"top_p": 0.7, "temperature": 2.0}])
def test_the_cache_changes_no_token_even_beyond_the_context(model, settings):
    prompts = [[1, 2, 3], [4, 5, 6], [7]]
    assert generate(model, prompts, 40, **settings) == generate(model, prompts, 40, cached=False, **settings)


def test_beyond_the_context_the_newer_half_is_read_again(model):
    out, seen = generate(model, [1, 2, 3], 30, temperature=0), [1, 2, 3]
    for token in out:
        seen = seen[-9:] if len(seen) > 16 else seen
        assert token == int(model(torch.tensor([seen]))[0, -1].argmax())
        seen.append(token)


def test_a_row_says_the_same_in_any_company(model):
    prompts = [[1, 2, 3], [9], [4, 5, 6]]
    together = generate(model, prompts, 20, seed=7)
    assert together == [generate(model, p, 20, seed=7 + i) for i, p in enumerate(prompts)]


def test_streamed_tokens_are_the_generated_ones(model):
    assert [t for (t,) in stream(model, [[1, 2]], 12, seeds=[3])] == generate(model, [1, 2], 12, seed=3)


def test_samples_repeat_with_their_seed(model):
    assert generate(model, [1], 20, seed=4) == generate(model, [1], 20, seed=4) != generate(model, [1], 20, seed=5)
    assert generate(model, [1], 20, top_k=1) == generate(model, [1], 20, temperature=0)


def test_draws_follow_the_probabilities_that_the_settings_leave():
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]])).expand(4000, 4)
    drawn = torch.rand(4000, 1, generator=torch.Generator().manual_seed(0))

    def shares(**settings):
        found = choose(logits, drawn, **{"temperature": 1.0, "top_k": None, "top_p": None} | settings)
        return (torch.bincount(found.flatten(), minlength=4) / 4000).tolist()

    assert shares() == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.03)
    assert shares(top_k=2) == pytest.approx([0.625, 0.375, 0, 0], abs=0.03)
    assert shares(top_p=0.8) == pytest.approx([0.625, 0.375, 0, 0], abs=0.03)  # .5 + .3 reach .8; the third is not needed
    assert shares(top_p=0.81) == pytest.approx([0.526, 0.316, 0.158, 0], abs=0.03)
    assert shares(temperature=0.5) == pytest.approx([0.685, 0.247, 0.062, 0.007], abs=0.03)


@pytest.mark.parametrize("arguments, words", [
    ({"ids": []}, "ids"), ({"temperature": -1}, "temperature"), ({"temperature": float("nan")}, "temperature"),
    ({"top_k": 0}, "top_k = 0"), ({"top_p": 0}, "top_p = 0"), ({"top_p": 1.5}, "top_p = 1.5"), ({"n": -1}, "n = -1"),
    ({"ids": [[1], []]}, "ids"),
])  # fmt: skip
def test_wrong_sampling_is_told(model, arguments, words):
    with pytest.raises(ValueError, match=words):
        generate(model, **{"ids": [1], "n": 2} | arguments)


def test_prompts_of_several_lengths_cannot_be_streamed_together(model):
    with pytest.raises(ValueError, match="prompts of"):
        next(stream(model, [[1], [1, 2]], 3))
