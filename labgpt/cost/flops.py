"""FLOPs of a transformer, counted from its shape: matrix multiplications only, two FLOPs a multiply-add.

The common C = 6 N D leaves out attention and is vague about N; at this lab's scale that is tens of percent. Norms,
softmax and the optimizer are left out, as in Kaplan et al. 2020 (arXiv:2001.08361, table 1) and Chowdhery et al. 2022
(PaLM, arXiv:2204.02311, appendix B).
"""
from dataclasses import dataclass

from labgpt.cost.check import need
from labgpt.cost.parameters import matrices
from labgpt.cost.shape import shape


@dataclass(frozen=True)
class Flops:
    """FLOPs per token. `forward_per_token` names each component, all layers together; `attention` says which was counted."""

    forward_per_token: dict[str, int]
    attention: str = "causal"

    @property
    def forward(self) -> int:
        return sum(self.forward_per_token.values())

    @property
    def train(self) -> int:
        """Forward and backward: each product of the forward pass has two in the backward, one for each factor."""
        return 3 * self.forward


def flops(model, seq_len: int | None = None, attention: str | None = None) -> Flops:
    """FLOPs per token of `model` on rows of `seq_len` tokens (default: the model's own).

    "causal" attention counts the keys a token may see, (T + 1) / 2 on average; "full" counts all T, as published
    figures and torch's counter do. Left out, it is causal for decoders and full for encoders. An encoder's head is not counted:
    it reads only the masked tokens. Raises ValueError for another word, causal attention of an encoder, or a length below 1.
    """
    s = shape(model)
    length = s.seq_len if seq_len is None else seq_len
    attention = attention or ("full" if s.encoder else "causal")
    need(length >= 1, "seq_len", length, "a whole number above 0")
    need(attention in ("causal", "full"), "attention", attention, "causal, full")
    need(attention == "full" or not s.encoder, "attention", attention, "full for an encoder: it reads both ways")
    twice_keys = length + 1 if attention == "causal" else 2 * length  # kept whole: half a key would need a float
    weights = {name: 2 * s.n_layer * count for name, count in matrices(s).items()}
    return Flops({
        "qkv": weights["qkv"],
        "scores": s.n_layer * s.d_query * twice_keys,  # q·k: 2 d for each key
        "values": s.n_layer * s.d_query * twice_keys,  # the weighted sum of v: as much again
        "output": weights["output"],
        "mlp": weights["mlp"],
        "head": 0 if s.encoder else 2 * s.d_model * s.vocab_size,
    }, attention)  # fmt: skip


def training_flops(model, tokens: float) -> int:
    """C: FLOPs of training on `tokens` tokens, forward and backward, the model's own attention. Raises ValueError below 0."""
    need(tokens >= 0, "tokens", tokens, "0 or more")
    return flops(model).train * int(tokens)


def palm_flops(n: float, n_layer: int, d_query: int, seq_len: int) -> float:
    """PaLM's count a token, 6 N + 12 · layers · heads · d_head · T (Chowdhery et al. 2022, appendix B)."""
    return 6 * n + 12 * n_layer * d_query * seq_len


def mfu(flops_per_token: float, tokens_per_s: float, peak: float) -> float:
    """Model FLOPs utilisation: the share of `peak` FLOP/s, all devices together, that the model's own arithmetic takes."""
    need(peak > 0, "peak", peak, "FLOP/s above 0")
    return flops_per_token * tokens_per_s / peak


def seconds(flop: float, devices: int, flops_per_device: float, mfu: float = 1.0) -> float:
    """Time of `flop` FLOPs on `devices`, each doing a share `mfu` of `flops_per_device` a second (Narayanan et al. 2021, equation 4:
    8 · T · P FLOPs for P weights, T tokens, every block run twice)."""
    asked = (flop, devices, flops_per_device)
    need(flop >= 0 and devices >= 1 and flops_per_device > 0, "flop, devices, flops_per_device", asked, "0, 1, above 0, or more")
    need(0 < mfu <= 1, "mfu", mfu, "a share, 0 < mfu ≤ 1")
    return flop / (devices * flops_per_device * mfu)
