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
    """Count the weights of labgpt's GPT: a block's matrices are 12 d² (Q, K, V and output 4 d², MLP 4 d² up and 4 d² down).

    Biases add 9 d a block, LayerNorms a gain (and a bias) each, learned positions T d. A tied head stores nothing of its
    own, but multiplies: its V d count in `matmul` either way.
    """
    d, table = model.d_model, model.vocab_size * model.d_model
    gains = (1 + model.bias) * d if model.norm == "layer" else 0
    matrices = 12 * model.n_layer * d**2
    blocks = matrices + model.n_layer * (9 * d * model.bias + 2 * gains)
    embedding = table + (model.seq_len * d if model.position == "learned" else 0)
    head = 0 if model.tied else table
    return Parameters(blocks + embedding + head + gains, blocks, matrices + table, embedding, head)
