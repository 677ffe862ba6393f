"""How many parameters, in the three ways that papers count them."""
from dataclasses import dataclass

from labgpt.cost.shape import Shape, shape


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


def matrices(s: Shape) -> dict[str, int]:
    """Weights of one block's matrices; 12 d² in all where keys are as wide as queries and a plain MLP has 4 d."""
    return {
        "qkv": s.d_model * (s.d_query + 2 * s.d_key),
        "output": s.d_query * s.d_model,
        "mlp": (3 if s.gated else 2) * s.d_model * s.d_ff,
    }


def parameters(model) -> Parameters:
    """Count the weights of a ModelConfig, a Shape, a published name or a Hugging Face config.

    A tied head stores nothing of its own, but multiplies: its V d count in `matmul` either way. An encoder has no head here;
    BERT's pooler counts as blocks (d² + d). Raises ValueError as `shape` does.
    """
    s = shape(model)
    d, table, per_block = s.d_model, s.vocab_size * s.d_model, sum(matrices(s).values())
    biases = (s.d_query + 2 * s.d_key + d + s.d_ff + d) if s.bias else 0
    pooler = d * d + d if s.encoder else 0
    blocks = s.n_layer * (per_block + biases + 2 * s.norm * d) + pooler
    embedding = table + (s.positions + s.types) * d + (s.norm * d if s.encoder else 0)  # an encoder's norm stands before its blocks
    head = 0 if s.tied or s.encoder else table
    last = 0 if s.encoder else s.norm * d
    return Parameters(blocks + embedding + head + last, blocks, s.n_layer * per_block + table * (not s.encoder), embedding, head)
