"""A GPT in one sitting. Shapes on the line: B sequences, T positions, C = d_model channels, H heads, V vocabulary.

The block is today's plain one: RMSNorm without parameters before each layer, rotary positions (Su et al. 2021), queries and
keys normalised (Henry et al. 2020), ReLU² (So et al. 2021), no biases, an untied head. Every projection that writes into
the residual stream starts at zero, so an untrained model of any size predicts the uniform distribution.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from labgpt.spec import ModelConfig


def norm(x: Tensor) -> Tensor:
    """RMSNorm over the last axis, without a gain."""
    return F.rms_norm(x, (x.size(-1),))


def rotate(x: Tensor, turn: Tensor) -> Tensor:
    """Turn pairs of channels by an angle that grows with position: (B, T, H, C/H) and (T, 1, C/2H) -> as x.

    A complex multiplication is one kernel where four real ones would do: 10–15 % of a training step on a CPU.
    """
    return torch.view_as_real(torch.view_as_complex(x.unflatten(-1, (-1, 2))) * turn).flatten(-2)


class Block(nn.Module):
    def __init__(self, config: ModelConfig):
        super().__init__()
        d = config.d_model
        self.n_head = config.n_head
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.out = nn.Linear(d, d, bias=False)
        self.up = nn.Linear(d, 4 * d, bias=False)
        self.down = nn.Linear(4 * d, d, bias=False)

    def forward(self, x: Tensor, turn: Tensor) -> Tensor:
        x = x + self.attention(norm(x), turn)
        return x + self.down(F.relu(self.up(norm(x))).square())

    def attention(self, x: Tensor, turn: Tensor) -> Tensor:
        B, T, C = x.shape
        qkv = self.qkv(x).view(B, T, 3 * self.n_head, C // self.n_head)
        qk, v = qkv.split((2 * self.n_head, self.n_head), dim=2)
        q, k = rotate(norm(qk), turn).chunk(2, dim=2)  # queries and keys are turned together: half the kernel calls
        y = F.scaled_dot_product_attention(*(m.transpose(1, 2) for m in (q, k, v)), is_causal=True)  # (B, H, T, C/H)
        return self.out(y.transpose(1, 2).reshape(B, T, C))


class GPT(nn.Module):
    """GPT(config)(ids) -> logits (B, T, V); GPT(config)(ids, targets) -> mean loss, nats a token.

    ids, targets: (B, T) int64, T ≤ seq_len. Weights are drawn from `seed` alone, whatever ran before.
    """

    def __init__(self, config: ModelConfig, seed: int = 0):
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocab_size, config.d_model)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        self.head = nn.Linear(config.d_model, config.vocab_size, bias=False)
        half = config.d_model // config.n_head // 2
        angle = torch.outer(torch.arange(config.seq_len).float(), 10_000.0 ** (-torch.arange(half).float() / half))
        self.register_buffer(
            "turn", torch.polar(torch.ones_like(angle), angle).unsqueeze(1), persistent=False
        )  # (T, 1, C/2H)
        self.reset(seed)

    @torch.no_grad()
    def reset(self, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.embed.weight.normal_(generator=generator)
        for block in self.blocks:
            for inward in (block.qkv, block.up):
                inward.weight.normal_(std=1 / math.sqrt(self.config.d_model), generator=generator)
            for outward in (block.out, block.down):
                outward.weight.zero_()
        self.head.weight.zero_()

    def forward(self, ids: Tensor, targets: Tensor | None = None) -> Tensor:
        T = ids.size(1)
        if T > self.config.seq_len:
            raise ValueError(f"ids: {T} positions; allowed is up to seq_len = {self.config.seq_len}")
        turn = self.turn[:T]
        x = norm(self.embed(ids))  # (B, T, C)
        for block in self.blocks:
            x = block(x, turn)
        logits = self.head(norm(x))  # (B, T, V)
        if targets is None:
            return logits
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())

    @property
    def matrices(self) -> list[nn.Parameter]:
        """The hidden matrices: what Muon turns. Everything else (embedding, head) is AdamW's."""
        return [p for block in self.blocks for p in block.parameters()]
