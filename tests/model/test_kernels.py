"""The hand-written gradients against autograd's, and against finite differences."""

import pytest
import torch
import torch.nn.functional as F

from labgpt.model import GPT, kernels
from labgpt.model.gpt import rotate, tables
from labgpt.spec import derive

TORCH = {"norm": lambda x: F.rms_norm(x, (x.size(-1),)), "relu_squared": lambda x: F.relu(x).square()}


@pytest.mark.parametrize("name", TORCH)
@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 4, 6)])
def test_value_and_gradient_are_torch_s(name, shape):
    torch.manual_seed(0)
    x, g = torch.randn(shape, requires_grad=True), torch.randn(shape)
    ours, theirs = getattr(kernels, name)(x), TORCH[name](x)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(torch.autograd.grad(ours, x, g)[0], torch.autograd.grad(theirs, x, g)[0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", TORCH)
def test_the_gradient_is_that_of_finite_differences(name):
    x = (torch.arange(1.0, 25.0, dtype=torch.float64).view(4, 6) / 7 * torch.tensor([1, -1] * 3)).requires_grad_()
    assert torch.autograd.gradcheck(getattr(kernels, name), x)


def test_zeros_stay_finite():
    x = torch.zeros(2, 4, requires_grad=True)
    y = kernels.norm(x)
    y.sum().backward()
    assert torch.equal(y, torch.zeros(2, 4)) and torch.isfinite(x.grad).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_attention_in_bfloat16_is_torch_s_in_float32(dtype):
    """Queries and keys as they come from `rotate` (float32, not contiguous) or not turned (bfloat16)."""
    torch.manual_seed(0)
    q, k, v = (torch.randn(3, 33, 2, 16).bfloat16().transpose(1, 2) for _ in range(3))
    q, k, v = (m.detach().requires_grad_() for m in (q.to(dtype), k.to(dtype), v))
    whole, g = [m.detach().float().requires_grad_() for m in (q, k, v)], torch.randn(3, 33, 2, 16).bfloat16().transpose(1, 2)
    ours, theirs = kernels.causal_attention(q, k, v), F.scaled_dot_product_attention(*whole, is_causal=True)
    assert ours.dtype == torch.bfloat16
    torch.testing.assert_close(ours.float(), theirs, rtol=0, atol=0.02)
    for mine, of, torchs in zip(torch.autograd.grad(ours, (q, k, v), g), (q, k, v), torch.autograd.grad(theirs, whole, g.float())):
        assert mine.dtype == of.dtype
        torch.testing.assert_close(mine.float(), torchs, rtol=0, atol=0.03)


def test_attention_never_sees_what_is_ahead():
    q, k, v = (torch.randn(2, 2, 20, 8, generator=torch.Generator().manual_seed(i)).bfloat16() for i in range(3))
    later = [torch.cat([m[:, :, :13], m[:, :, 13:] + 5], dim=2) for m in (k, v)]
    assert torch.equal(kernels.causal_attention(q, k, v)[:, :, :13], kernels.causal_attention(q, *later)[:, :, :13])


def test_tables_turn_as_complex_numbers_do():
    model = GPT(derive(32).science.model)
    x = torch.randn(2, model.turn.size(0), 6, model.turn.size(2) * 2)
    torch.testing.assert_close(rotate(x, tables(model.turn)), rotate(x, model.turn), rtol=1e-5, atol=1e-6)
