"""Bytes of a training step in float32: weights, gradients, optimizer state, activations kept for the backward pass."""
from __future__ import annotations

from dataclasses import dataclass

from labgpt.cost.check import need
from labgpt.cost.parameters import parameters
from labgpt.spec import ModelConfig

FP32 = 4  # bytes


@dataclass(frozen=True)
class Memory:
    """Bytes. On top come the process itself (Python and torch: about 220 MB), the optimizer's and the
    logits' passing copies, and the allocator's slack."""

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.activations


def memory(model: ModelConfig, batch_size: int, optimizer: str = "muon") -> Memory:
    """Memory to train `model` on `batch_size` rows of seq_len tokens at a time.

    AdamW keeps two moments a weight; Muon keeps one for the blocks' matrices and leaves embedding and head to AdamW.
    Raises ValueError for another optimizer, or a batch below one row.
    """
    need(batch_size >= 1, "batch_size", batch_size, "1 or more")
    need(optimizer in ("muon", "adamw"), "optimizer", optimizer, "muon, adamw")
    n = parameters(model)
    moments = 2 * n.total - (n.nonembedding if optimizer == "muon" else 0)
    return Memory(
        weights=FP32 * n.total,
        gradients=FP32 * n.total,
        optimizer=FP32 * moments,
        activations=FP32 * batch_size * model.seq_len * activation_floats_per_token(model),
    )


def activation_floats_per_token(model: ModelConfig) -> int:
    """Numbers that autograd keeps for the backward pass, for one token, under a fused attention (no T × T scores).

    Per layer 16 d: the residual normalised, twice, 2 d; queries and keys rotated 2 d, values 3 d (they lie in one storage with
    the queries and keys before); attention's result d; the MLP after ReLU and squared 8 d. Besides, two scales of the norms
    and attention's log-sums, n_head; under QK-norm 2 d and 2 n_head more.
    Once a model: the first and the last norm 2 d, 2 scales, V log-probabilities. Counted for the default block. (Korthikanti et al. 2022,
    arXiv:2205.05198, count 34 d + 5 n_head T *bytes* for GPT-3's unfused block in half precision.)
    The tests count the same on the running model.
    """
    layer = 16 * model.d_model + model.n_head + 2 + model.qk_norm * 2 * (model.d_model + model.n_head)
    return model.n_layer * layer + 2 * model.d_model + 2 + model.vocab_size
