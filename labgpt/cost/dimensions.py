"""What a transformer's parameters, FLOPs and bytes are counted from."""
from dataclasses import dataclass

from labgpt.cost.check import need


@dataclass(frozen=True)
class Shape:
    """What parameters, FLOPs and bytes are counted from. An encoder has no language-model head here, as published counts leave
    it out; BERT's pooler counts as one more d × d matrix."""

    vocab_size: int
    seq_len: int
    n_layer: int
    d_model: int
    n_head: int
    n_kv_head: int = 0  # below n_head: grouped queries (Ainslie et al. 2023); 0: n_head
    d_ff: int = 0  # the MLP's inner width; 0: 4 d_model
    d_head: int = 0  # 0: d_model / n_head
    gated: bool = False  # an MLP of three matrices, not two (SwiGLU, Shazeer 2020)
    positions: int = 0  # rows of a learned table
    types: int = 0  # likewise, of token types
    bias: bool = False
    norm: int = 0  # vectors that a norm layer holds: 2 gain and bias, 1 gain
    tied: bool = False
    encoder: bool = False
    dropout: bool = False  # a mask is kept for the backward pass

    def __post_init__(self) -> None:
        for name in ("vocab_size", "seq_len", "n_layer", "d_model", "n_head"):
            need(type(getattr(self, name)) is int and getattr(self, name) > 0, name, getattr(self, name), "a whole number above 0")
        need(self.d_head != 0 or self.d_model % self.n_head == 0, "n_head", self.n_head, f"a divisor of d_model = {self.d_model}")
        for name, value in {"n_kv_head": self.n_head, "d_ff": 4 * self.d_model, "d_head": self.d_model // self.n_head}.items():
            object.__setattr__(self, name, getattr(self, name) or value)
            need(type(getattr(self, name)) is int and getattr(self, name) > 0, name, getattr(self, name), "a whole number above 0")
        need(self.n_head % self.n_kv_head == 0, "n_kv_head", self.n_kv_head, f"a divisor of n_head = {self.n_head}")

    @property
    def d_query(self) -> int:
        """Width of all queries together."""
        return self.n_head * self.d_head

    @property
    def d_key(self) -> int:
        """Width of all keys together, and of all values."""
        return self.n_kv_head * self.d_head
