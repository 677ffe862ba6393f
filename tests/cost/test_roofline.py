"""FLOPs and bytes of each layer: the FLOPs are those counted elsewhere, the bytes by hand, the bound the slower of two."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labgpt import cost


@pytest.mark.parametrize("name", ["gpt2", "llama-3-8b", "bert-base"])
@given(rows=st.integers(1, 64), length=st.integers(1, 512))
def test_the_flops_are_those_of_a_forward_pass(name, rows, length):
    assert sum(layer.flops for layer in cost.layers(name, rows, length)) == cost.flops(name, length).forward * rows * length


def test_bytes_by_hand():
    # 3 tokens through 8 × 24 weights, two layers, 2 bytes a number: 2 · 2 · (3·8 + 8·24 + 3·24)
    s = cost.Shape(10, 3, 2, 8, 2)
    (qkv, attention, *_) = cost.layers(s, 1)
    assert (qkv.bytes, qkv.flops) == (2 * 2 * (24 + 192 + 72), 2 * 2 * 3 * 8 * 24)
    assert attention.bytes == 2 * 2 * (3 * 8 + 3 * 8 + 2 * 3 * 8) and attention.flops == 2 * 4 * 8 * 6


def test_writing_one_token_moves_every_weight_for_two_flops_each():
    writing = cost.layers("gpt2", 1, generate=True)
    assert all(0.4 < layer.intensity <= 1 for layer in writing)
    h100 = cost.device("h100")
    assert all(layer.seconds(h100.peak, h100.bandwidth) == layer.bytes / h100.bandwidth for layer in writing)
    batched = {layer.name: layer.intensity for layer in cost.layers("gpt2", 512, generate=True)}
    assert batched["mlp in"] > 200 and batched["attention"] <= 1  # a batch shares weights; each row's cache is its own


def test_wrong_input_is_told():
    with pytest.raises(ValueError, match="generate = True"):
        cost.layers("bert-base", generate=True)
    with pytest.raises(ValueError, match="peak, bandwidth"):
        cost.layers("gpt2")[0].seconds(0, 1)
