"""A GPT in one sitting. Shapes on the line: B sequences, T positions, C = d_model channels, H heads, V vocabulary.

The default block is today's plain one: RMSNorm without parameters before each layer, rotary positions (Su et al. 2021),
ReLU² (So et al. 2021), no biases, an untied head. Every projection that writes into the residual stream starts at zero, so
an untrained model of any size predicts the uniform distribution. ModelConfig's switches turn each of these into GPT-2's
choice (Radford et al. 2019), all of them into its exact block; `qk_norm` normalises queries and keys (Henry et al. 2020).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from labgpt.spec import ModelConfig

from .kernels import SHORT, causal_attention, norm, relu_squared


class Norm(nn.Module):
    """RMSNorm without parameters."""

    def forward(self, x: Tensor) -> Tensor:
        return norm(x)


def norm_layer(config: ModelConfig) -> nn.Module:
    return Norm() if config.norm == "rms" else nn.LayerNorm(config.d_model, bias=config.bias)


def rotate(x: Tensor, turn: Tensor) -> Tensor:
    """Turn pairs of channels by an angle that grows with position: (B, T, H, C/H) and (T, 1, C/2H, 2) cosines, sines -> as x.

    A complex multiplication is one kernel where four real ones would do: 10–15 % of a training step on a CPU. On a GPU there
    are no complex numbers in bfloat16. `tables` in place of `turn` are for compiled code, whose vectors can't step over channels.
    """
    if turn.ndim == 3:
        swap = torch.eye(x.size(-1), dtype=x.dtype).unflatten(0, (-1, 2)).flip(1).flatten(0, 1)  # exact: a one in each column
        return (x * turn[:, :1] + (x.reshape(-1, x.size(-1)) @ swap).view(x.shape) * turn[:, 1:]).to(x.dtype)
    pairs = x.unflatten(-1, (-1, 2))
    if torch.compiler.is_compiling() or x.is_cuda:
        (a, b), (cos, sin) = pairs.unbind(-1), turn.unbind(-1)
        return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2).to(x.dtype)
    return torch.view_as_real(torch.view_as_complex(pairs) * torch.view_as_complex(turn)).flatten(-2)


def tables(turn: Tensor) -> Tensor:
    """(T, 1, C/2H, 2) cosines, sines -> (T, 2, C/H): what a channel is multiplied by, and its partner in the pair."""
    cos, sin = turn.squeeze(1).unbind(-1)
    return torch.stack((torch.stack((cos, cos), -1), torch.stack((-sin, sin), -1)), 1).flatten(-2)


def attend(q: Tensor, k: Tensor, v: Tensor, causal: bool, dropout: float) -> Tensor:
    """Softmax(q kᵀ / √width) v, all (B, H, T, C/H). Never torch's in bfloat16 on a CPU: its backward is 7 times slower there."""
    if v.dtype == torch.bfloat16 and not v.is_cuda:
        if causal and not dropout and v.size(2) <= SHORT:
            return causal_attention(q, k, v)
        with torch.autocast("cpu", enabled=False):
            return F.scaled_dot_product_attention(q.float(), k.float(), v.float(), is_causal=causal, dropout_p=dropout)
    return F.scaled_dot_product_attention(q, k, v, is_causal=causal, dropout_p=dropout)


class Cache:
    """Keys and values of the tokens read so far, so that the next token costs one position, not T.

    keys, values: one (B, H, seq_len, C/H) a block; `length` positions of them are filled.
    """

    def __init__(self, model: GPT, batch: int):
        c = model.config
        shape = (batch, c.n_head, c.seq_len, c.d_model // c.n_head)
        like = model.embed.weight
        self.keys, self.values = ([like.new_empty(shape) for _ in model.blocks] for _ in range(2))
        self.length = 0

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Put T new positions of a layer behind the ones it holds; returns all of them."""
        end = self.length + k.size(2)
        self.keys[layer][:, :, self.length : end] = k
        self.values[layer][:, :, self.length : end] = v
        return self.keys[layer][:, :, :end], self.values[layer][:, :, :end]


class Block(nn.Module):
    def __init__(self, config: ModelConfig, layer: int):
        super().__init__()
        d, bias = config.d_model, config.bias
        self.config, self.layer = config, layer
        self.norm_attention, self.norm_mlp = norm_layer(config), norm_layer(config)
        self.qkv = nn.Linear(d, 3 * d, bias=bias)
        self.out = nn.Linear(d, d, bias=bias)
        self.up = nn.Linear(d, 4 * d, bias=bias)
        self.down = nn.Linear(4 * d, d, bias=bias)

    def forward(self, x: Tensor, turn: Tensor | None, cache: Cache | None = None) -> Tensor:
        x = x + self.drop(self.attention(self.norm_attention(x), turn, cache))
        h = self.up(self.norm_mlp(x))
        h = relu_squared(h) if self.config.activation == "relu2" else F.gelu(h, approximate="tanh")
        return x + self.drop(self.down(h))

    def attention(self, x: Tensor, turn: Tensor | None, cache: Cache | None) -> Tensor:
        B, T, C = x.shape
        qkv = self.qkv(x).view(B, T, -1, C // self.config.n_head)  # 3H heads, or those of this rank where a layer is cut
        H = qkv.size(2) // 3
        qk, v = qkv.split((2 * H, H), dim=2)
        if self.config.qk_norm:
            qk = norm(qk)
        if turn is not None:
            qk = rotate(qk, turn)  # queries and keys are turned together: half the kernel calls
        q, k, v = (m.transpose(1, 2) for m in (*qk.chunk(2, dim=2), v))  # (B, H, T, C/H)
        if cache is not None:
            k, v = cache.extend(self.layer, k, v)
        y = attend(q, k, v, T > 1, self.config.dropout if self.training else 0.0)
        return self.out(y.transpose(1, 2).reshape(B, T, -1))

    def drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.config.dropout, self.training) if self.config.dropout else x


class GPT(nn.Module):
    """GPT(config)(ids) -> logits (B, T, V); GPT(config)(ids, targets) -> mean loss, nats a token.

    ids, targets: (B, T) int64, T ≤ seq_len. Weights are drawn from `seed` alone, whatever ran before. With a Cache: ids
    come behind what it holds (a whole prompt into an empty one, then one token at a time) -> logits (B, 1, V) of the last.
    """

    def __init__(self, config: ModelConfig, seed: int = 0):
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocab_size, config.d_model)
        self.position = nn.Embedding(config.seq_len, config.d_model) if config.position == "learned" else None
        self.blocks = nn.ModuleList(Block(config, layer) for layer in range(config.n_layer))
        self.norm = norm_layer(config)
        self.head = None if config.tied else nn.Linear(config.d_model, config.vocab_size, bias=False)
        half = config.d_model // config.n_head // 2
        angle = torch.outer(torch.arange(config.seq_len).float(), 10_000.0 ** (-torch.arange(half).float() / half))
        turn = torch.view_as_real(torch.polar(torch.ones_like(angle), angle).unsqueeze(1))  # (T, 1, C/2H, 2)
        self.register_buffer("turn", turn, persistent=False)
        self.reset(seed)

    @torch.no_grad()
    def reset(self, seed: int) -> None:
        """Draw all weights anew. "zero": what writes into the stream, and the head, start at zero; "gpt2": N(0, .02)."""
        generator, c = torch.Generator().manual_seed(seed), self.config
        zero, vectors = c.init == "zero", [p for name, p in self.named_parameters() if name.endswith("bias")]
        table = 0.02 if c.tied or not zero else 1.0
        draws = [(self.embed.weight, table)] + ([] if self.position is None else [(self.position.weight, table)])
        for block in self.blocks:
            into, out_of = (1 / math.sqrt(c.d_model), 0.0) if zero else (0.02, 0.02 / math.sqrt(2 * c.n_layer))
            draws += [(m.weight, into) for m in (block.qkv, block.up)] + [(m.weight, out_of) for m in (block.out, block.down)]
        draws += [] if self.head is None else [(self.head.weight, 0.0 if zero else 0.02)]
        for weight, std in [*draws, *((p, 0.0) for p in vectors)]:
            if std:
                weight.normal_(std=std, generator=generator)
            else:
                weight.zero_()

    def forward(self, ids: Tensor, targets: Tensor | None = None, cache: Cache | None = None) -> Tensor:
        past = 0 if cache is None else cache.length
        end = past + ids.size(1)
        if end > self.config.seq_len:
            raise ValueError(f"ids: {end} positions; allowed is up to seq_len = {self.config.seq_len}")
        x, turn = self.read_in(ids, past), self.turn[past:end] if self.position is None else None
        for block in self.blocks:
            x = block(x, turn, cache)
        if cache is not None:
            cache.length, x = end, x[:, -1:]
        return self.read_out(x, targets)

    def read_in(self, ids: Tensor, past: int = 0) -> Tensor:
        """ids (B, T) that stand at position `past` on -> the stream (B, T, C)."""
        x = self.embed(ids)
        if self.position is not None:
            x = x + self.position.weight[past : past + ids.size(1)]
        return F.dropout(x, self.config.dropout, self.training) if self.config.norm == "layer" else norm(x)

    def read_out(self, x: Tensor, targets: Tensor | None) -> Tensor:
        """The stream (B, T, C) -> logits (B, T, V), or the mean loss against targets."""
        logits = F.linear(self.norm(x), self.unembed)
        return logits if targets is None else F.cross_entropy(logits.flatten(0, 1), targets.flatten())

    def compile_parts(self, half: bool = False) -> None:
        """torch.compile for one block (all share it) and for the read-out: seconds, where the whole model would take a minute.

        half: for bfloat16, where products cost so little that on a CPU one may bring the channels of a pair side by side."""
        if half and not self.turn.is_cuda:
            self.turn = tables(self.turn)
        for block in self.blocks:
            block.compile(dynamic=False)
        self.read_out = torch.compile(self.read_out, dynamic=False)

    @property
    def unembed(self) -> nn.Parameter:
        """(V, C): the head's own matrix, or the embedding's where the two are tied."""
        return self.embed.weight if self.head is None else self.head.weight

    @property
    def matrices(self) -> list[nn.Parameter]:
        """The hidden matrices: what Muon turns. Everything else (embedding, head, vectors) is AdamW's."""
        return [p for block in self.blocks for p in block.parameters() if p.ndim == 2]
