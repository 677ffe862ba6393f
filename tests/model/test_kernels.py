"""The hand-written gradients against autograd's, and against finite differences."""

import pytest
import torch
import torch.nn.functional as F

from labgpt.model import kernels

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
