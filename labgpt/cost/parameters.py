"""How many parameters, in the three ways that papers count them."""
from __future__ import annotations

from dataclasses import dataclass

from labgpt.spec import ModelConfig


@dataclass(frozen=True)
class Parameters:
    """Parameter counts of one model.

    `total` is everything stored (Hoffmann et al. 2022), `nonembedding` the blocks alone (Kaplan et al. 2020), and
    `matmul` what multiplies every token: blocks and head, but not the embedding, which is a look-up. At this lab's
    scale the three lie up to a factor of four apart, enough to move a fitted exponent (Pearce & Song 2024,
    arXiv:2406.12907).
    """

    total: int
    nonembedding: int
    matmul: int
    embedding: int
    head: int


def parameters(model: ModelConfig) -> Parameters:
    """Count the weights of labgpt's GPT: a block is 12 d² (Q, K, V and output 4 d², MLP 4 d² up and 4 d² down).

    The norms have no parameters, nothing has a bias, and the head is not tied to the embedding (V d each).
    """
    blocks = 12 * model.n_layer * model.d_model**2
    table = model.vocab_size * model.d_model
    return Parameters(total=blocks + 2 * table, nonembedding=blocks, matmul=blocks + table, embedding=table, head=table)
