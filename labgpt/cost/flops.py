"""FLOPs of a GPT, counted from its shape: matrix multiplications only, two FLOPs a multiply-add.

The common C = 6 N D leaves out attention and is vague about N; at this lab's scale that is tens of percent. Norms,
softmax and the optimizer are left out, as in Kaplan et al. 2020 (arXiv:2001.08361, table 1) and Chowdhery et al. 2022
(PaLM, arXiv:2204.02311, appendix B).
"""
from __future__ import annotations

from dataclasses import dataclass

from labgpt.cost.check import need
from labgpt.spec import ModelConfig


@dataclass(frozen=True)
class Flops:
    """FLOPs per token. `forward_per_token` names each component, all layers together."""

    forward_per_token: dict[str, int]

    @property
    def forward(self) -> int:
        return sum(self.forward_per_token.values())

    @property
    def train(self) -> int:
        """Forward and backward: each product of the forward pass has two in the backward, one for each factor."""
        return 3 * self.forward


def flops(model: ModelConfig, seq_len: int | None = None, attention: str = "causal") -> Flops:
    """FLOPs per token of `model` on rows of `seq_len` tokens (default: the model's own).

    "causal" attention counts the keys a token may see, (T + 1) / 2 on average; "full" counts all T, as published
    figures and torch's counter do. Raises ValueError for another word, or for seq_len below 1.
    """
    length = model.seq_len if seq_len is None else seq_len
    need(length >= 1, "seq_len", length, "a whole number above 0")
    need(attention in ("causal", "full"), "attention", attention, "causal, full")
    d, layers = model.d_model, model.n_layer
    twice_keys = length + 1 if attention == "causal" else 2 * length  # kept whole: half a key would need a float
    return Flops({
        "qkv": layers * 6 * d * d,
        "scores": layers * d * twice_keys,  # q·k: 2 d for each key
        "values": layers * d * twice_keys,  # the weighted sum of v: as much again
        "output": layers * 2 * d * d,
        "mlp": layers * 16 * d * d,  # d -> 4d -> d
        "head": 2 * d * model.vocab_size,
    })


def training_flops(model: ModelConfig, tokens: int) -> int:
    """C: FLOPs of training on `tokens` tokens, forward and backward, causal attention. Raises ValueError below 0."""
    need(tokens >= 0, "tokens", tokens, "0 or more")
    return flops(model).train * int(tokens)
