"""Parameters and FLOPs: published figures, hand-counted ones, and laws that hold for every shape."""
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labgpt import cost
from labgpt.spec import ModelConfig

shapes = st.builds(
    lambda v, t, layers, heads, width: ModelConfig(v, t, layers, heads * 2 * width, heads),
    st.integers(2, 1000), st.integers(1, 512), st.integers(1, 6), st.integers(1, 4), st.integers(1, 32),
)

GPT2 = ModelConfig(vocab_size=50257, seq_len=1024, n_layer=12, d_model=768, n_head=12)


@pytest.mark.parametrize(("d", "layers", "matmul"), [
    (16, 2, 10_240), (24, 2, 19_968), (32, 3, 45_056), (48, 3, 95_232), (64, 4, 212_992), (96, 4, 466_944),
    (128, 5, 1_015_808),
])
def test_the_ladder_on_bytes(d, layers, matmul):
    n = cost.parameters(ModelConfig(256, 128, layers, d, d // 16 if d > 16 else 1))
    assert n.matmul == matmul


def test_parameters_by_hand():
    # d = 16: Q, K, V, output 4 · 256, MLP 2 · 1024, so 3072 a block; two tables of 256 · 16
    n = cost.parameters(ModelConfig(256, 128, 2, 16, 1))
    assert (n.total, n.nonembedding, n.matmul, n.embedding, n.head) == (14_336, 6144, 10_240, 4096, 4096)


def test_gpt2_forward_flops_as_published():
    # GPT-2 124M has the same matrix products as our block; its sequence of 1024 takes 291,648,307,200 FLOPs forward
    f = cost.flops(GPT2, attention="full")
    assert f.forward * 1024 == 291_648_307_200
    assert f.train * 1024 == 874_944_921_600


def test_causal_attention_counts_the_visible_keys():
    model = ModelConfig(256, 7, 1, 16, 1)
    visible = sum(range(1, 8))  # position t sees t keys
    assert cost.flops(model).forward_per_token["scores"] * 7 == 2 * 16 * visible


@given(shapes)
def test_the_three_counts_hang_together(model):
    n = cost.parameters(model)
    assert n.nonembedding + n.embedding + n.head == n.total
    assert n.matmul == n.total - n.embedding


@given(shapes, st.integers(1, 10**9))
def test_flops_grow_with_everything(model, tokens):
    f = cost.flops(model)
    assert cost.training_flops(model, tokens) == f.train * tokens == 3 * f.forward * tokens
    assert cost.flops(model, model.seq_len + 1).forward > f.forward
    for field in ("vocab_size", "n_layer"):
        wider = ModelConfig(**{**vars(model), field: getattr(model, field) + 1})
        assert cost.flops(wider).forward > f.forward
    assert f.train >= 6 * cost.parameters(model).matmul  # 6ND, and attention on top


@given(shapes)
def test_causal_never_exceeds_full(model):
    causal, full = (cost.flops(model, attention=kind).forward for kind in ("causal", "full"))
    assert causal < full if model.seq_len > 1 else causal == full
    products = 2 * cost.parameters(model).matmul
    assert math.isclose(full - products, (causal - products) * 2 * model.seq_len / (model.seq_len + 1))


def test_wrong_input_is_told():
    with pytest.raises(ValueError, match="seq_len = 0: allowed is"):
        cost.flops(GPT2, seq_len=0)
    with pytest.raises(ValueError, match="attention = 'sparse': allowed is causal, full"):
        cost.flops(GPT2, attention="sparse")
    with pytest.raises(ValueError, match="tokens = -1"):
        cost.training_flops(GPT2, -1)
