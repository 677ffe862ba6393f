"""Three operations with their gradients written out: fewer passes over memory than autograd's own chain of operations.

On a CPU a small model's time goes into such passes, not into arithmetic. Both are held against torch's own in tests. The
compiler fuses torch's own chain itself.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

SHORT = 256  # positions up to which `causal_attention` is tried
AHEAD = torch.full((SHORT, SHORT), -torch.inf, dtype=torch.bfloat16).triu_(1)  # a constant: compiled code would make it anew, twice


class _Norm(Function):
    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        scale = length.square_().div_(x.size(-1)).add_(torch.finfo(x.dtype).eps).rsqrt_()
        y = x * scale
        ctx.save_for_backward(y, scale)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx, g: Tensor) -> Tensor:
        y, scale = ctx.saved_tensors
        along = torch.linalg.vecdot(g, y).unsqueeze(-1).div_(-g.size(-1))  # what only changes the length cancels
        return torch.addcmul(g, y, along).mul_(scale)


class _ReluSquared(Function):
    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        h = x.relu()
        ctx.save_for_backward(h)
        return h * h

    @staticmethod
    @once_differentiable
    def backward(ctx, g: Tensor) -> Tensor:
        (h,) = ctx.saved_tensors
        return (g * h).mul_(2)


class _Attention(Function):
    @staticmethod
    def forward(ctx, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        ctx.dtypes, ctx.shape, ctx.scale = [m.dtype for m in (q, k, v)], q.shape, q.size(-1) ** -0.5
        q, k, v = (m.to(torch.bfloat16, memory_format=torch.contiguous_format).flatten(0, 1) for m in (q * ctx.scale, k, v))
        p = (q @ k.mT).add_(AHEAD[: q.size(1), : q.size(1)]).softmax(-1)  # which torch adds up in float32
        ctx.save_for_backward(q, k, v, p)
        return (p @ v).view(ctx.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx, g: Tensor) -> tuple[Tensor, ...]:
        q, k, v, p = ctx.saved_tensors
        g = g.contiguous().view_as(v)
        s = torch._softmax_backward_data(g @ v.mT, p, -1, p.dtype)
        found = (s @ k).mul_(ctx.scale), s.mT @ q, p.mT @ g
        return tuple(m.view(ctx.shape).to(dtype) for m, dtype in zip(found, ctx.dtypes, strict=True))


def norm(x: Tensor) -> Tensor:
    """RMSNorm over the last axis, without a gain (Zhang & Sennrich 2019)."""
    return F.rms_norm(x, (x.size(-1),)) if torch.compiler.is_compiling() else _Norm.apply(x)


def relu_squared(x: Tensor) -> Tensor:
    """max(x, 0)² (So et al. 2021)."""
    return F.relu(x).square() if torch.compiler.is_compiling() else _ReluSquared.apply(x)


def causal_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Softmax(q kᵀ / √width) v in bfloat16, position by position of what is behind it; (B, H, T, C/H), of which it keeps T² a head.

    For short T on a CPU, where torch's fused one takes 6 times as long in bfloat16 and 3 times in float32 (T 128, heads 32 wide).
    """
    return _Attention.apply(q, k, v)
