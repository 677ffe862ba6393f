"""Bytes of a training step: weights, gradients, optimizer state, and the activations kept for the backward pass.

A ModelConfig is this lab's own model, in float32, counted as its code keeps things (the tests ask autograd and the profiler).
Anything else is a published model in 16-bit mixed precision, by the published formulas, on one rank of many.
"""
from dataclasses import dataclass

from labgpt.cost.check import need
from labgpt.cost.parameters import parameters
from labgpt.cost.shape import Shape, shape
from labgpt.spec import ModelConfig

FP32, HALF = 4, 2  # bytes


@dataclass(frozen=True)
class Memory:
    """Bytes on one rank. On top come the process itself (Python and torch: about 220 MB) and the allocator's slack."""

    weights: int
    gradients: int
    optimizer: int
    activations: int
    peak: int = 0  # the most that lives at once; counted for the lab's own model alone

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.activations


def memory(
    model, batch_size: int = 1, optimizer: str | None = None, *, seq_len: int | None = None, recompute: str = "none",
    zero: int = 0, ranks: int = 1, tensor: int = 1, pipeline: int = 1, sequence_parallel: bool = False, gradient_bytes: int = HALF,
) -> Memory:  # fmt: skip
    """Memory to train `model` on `batch_size` rows of seq_len tokens at a time, on one rank.

    A ModelConfig (this lab's): optimizer "muon" or "adamw", float32, nothing split; the other settings are refused. Else Adam in
    mixed precision, 16 bytes a weight (18 with gradient_bytes = 4): `zero` 1, 2, 3 splits optimizer, gradients, weights over
    `ranks` (Rajbhandari et al. 2020, arXiv:1910.02054); `tensor` ranks share each layer, `pipeline` stages the layers (evenly,
    embeddings too). recompute: "none", "selective" (attention's T × T scores, as flash attention does) or "full" (a layer
    keeps its input alone). Raises ValueError where the settings don't fit the model or each other.
    """
    need(type(batch_size) is int and batch_size >= 1, "batch_size", batch_size, "1 or more")
    if isinstance(model, ModelConfig):
        settings = (zero, ranks, tensor, pipeline, recompute, sequence_parallel, gradient_bytes, seq_len)
        split = settings != (0, 1, 1, 1, "none", False, 2, None)
        need(not split, "model", "ModelConfig", "a Shape for split or recomputed memory", "labgpt.cost.shape(model) gives it")
        return _own(model, batch_size, optimizer or "muon")
    need(optimizer in (None, "adamw"), "optimizer", optimizer, "adamw for a published model")
    s = shape(model)
    length = s.seq_len if seq_len is None else seq_len
    need(length >= 1, "seq_len", length, "a whole number above 0")
    for name, value in {"ranks": ranks, "tensor": tensor, "pipeline": pipeline}.items():
        need(type(value) is int and value >= 1, name, value, "1 or more")
    need(tensor <= s.n_head, "tensor", tensor, f"at most n_head = {s.n_head}: a head is not split")
    need(s.n_head % tensor == 0, "tensor", tensor, f"a divisor of n_head = {s.n_head}")
    need(s.n_layer % pipeline == 0, "pipeline", pipeline, f"a divisor of n_layer = {s.n_layer}")
    states = model_states(parameters(s).total / (tensor * pipeline), zero, ranks, gradient_bytes)
    # With a pipeline the first stage is the fullest: its p microbatches in flight hold as much as all layers of one.
    kept = s.n_layer * layer_activations(s, batch_size, length, tensor, sequence_parallel, recompute)
    if pipeline == 1 and not s.encoder:  # last norm, the head's input, its logits in float32 (Korthikanti et al. 2022, 4.3)
        kept += 4 * batch_size * length * (s.d_model + s.vocab_size) // tensor
    return Memory(*map(round, states), round(kept))


def model_states(n: float, zero: int = 0, ranks: int = 1, gradient_bytes: int = HALF) -> tuple[float, float, float]:
    """Bytes of (weights, gradients, optimizer) on one rank for `n` weights: 2 n, 2 n and 12 n (float32 copy, two moments),
    of which ZeRO stage 1 splits the last over `ranks`, stage 2 the last two, stage 3 all."""
    need(zero in (0, 1, 2, 3), "zero", zero, "0, 1, 2, 3")
    need(ranks >= 1, "ranks", ranks, "1 or more")
    need(gradient_bytes in (2, 4), "gradient_bytes", gradient_bytes, "2, 4")
    parts = (HALF * n, gradient_bytes * n, 12 * n)
    return tuple(part / (ranks if zero >= stage else 1) for part, stage in zip(parts, (3, 2, 1)))


def layer_activations(
    s: Shape, batch_size: int, seq_len: int, tensor: int = 1, sequence_parallel: bool = False, recompute: str = "none"
) -> float:
    """Bytes that one layer keeps for its backward pass, on one of `tensor` ranks, in 16-bit precision.

    Korthikanti et al. 2022 (arXiv:2205.05198), table 2: for GPT's block s b h (34 + 5 a s / h), counted here result by result, so
    that other blocks have theirs too. Full recomputation keeps the layer's input, 2 s b h, on every tensor rank.
    """
    need(recompute in ("none", "selective", "full"), "recompute", recompute, "none, selective, full")
    tokens, d, mask = batch_size * seq_len, s.d_model, s.dropout
    if recompute == "full":
        return HALF * tokens * d
    whole = 2 * HALF * d + 2 * HALF * d + 2 * d * mask  # both norms' inputs; what qkv and the MLP read; masks after either
    shared = HALF * (s.d_query + 2 * s.d_key) + HALF * s.d_query  # queries, keys, values; what the output matrix reads
    shared += HALF * s.d_ff * (4 if s.gated else 2)  # before and after the activation; gated: gate, its SiLU, up, product
    scores = 0 if recompute == "selective" else s.n_head * seq_len * (5 if mask else 2)  # softmax; its mask and dropped copy
    return tokens * (whole / (tensor if sequence_parallel else 1) + (shared + scores) / tensor)


def largest_batch(model, device_bytes: float, **settings) -> int:
    """The most rows a time that fit into `device_bytes`, settings as for `memory`; 0 where not even one does."""
    fixed, one = memory(model, 1, **settings), memory(model, 2, **settings)
    row = one.total - fixed.total
    return max(0, int((device_bytes - (fixed.total - row)) // row))


EVAL_ROWS, EVAL_TOKENS = 64, 8192  # at most, in an evaluation batch, as labgpt.train has it (a test holds the two together)


def _own(model: ModelConfig, batch_size: int, optimizer: str) -> Memory:
    """AdamW keeps two moments a weight; Muon keeps one for the blocks' matrices and leaves embedding and head to AdamW.

    The peak, of one process without dropout, is the fullest of three phases. As backward begins: no gradients yet, but two
    copies of the logits. In Muon's update: all 12 L d² of it, and seven times a third of that, the square matrices, in
    Newton–Schulz. In an evaluation: a block's MLP, or the logits twice. With several budgets the trunk is kept besides.
    """
    need(optimizer in ("muon", "adamw"), "optimizer", optimizer, "muon, adamw")
    n, d, tokens = parameters(model), model.d_model, batch_size * model.seq_len
    turned = 12 * model.n_layer * d * d if optimizer == "muon" else 0  # Muon's matrices
    weights, states = FP32 * n.total, FP32 * (2 * n.total - turned)
    activations = FP32 * tokens * activation_floats_per_token(model)
    backward = weights + states + activations + FP32 * tokens * 2 * model.vocab_size
    update = 2 * weights + states + FP32 * turned * 10 // 3
    block = (14 if model.activation == "relu2" else 10) * d  # the stream twice, then 4 d each: before, ReLU, squared
    evaluated = model.seq_len * max(1, min(EVAL_ROWS, EVAL_TOKENS // model.seq_len))
    evaluation = 2 * weights + states + FP32 * evaluated * max(block, d + 2 * model.vocab_size)
    return Memory(weights, weights, states, activations, max(backward, update, evaluation))


def rank_memory(model: ModelConfig, batch_size: int, way: str, ranks: int, rank: int = 0, microbatches: int = 1) -> int:
    """Bytes of live tensors on one rank at the peak of a step with AdamW in float32, the lab's own bias-free model cut in `way`: ddp,
    zero1, fsdp, tp, gpipe or 1f1b. Without the evaluation; held within 15 % of the profiler's figure by tests.

    The peak is as backward begins, two copies of the logits there; DDP's and a pipeline's gradients are there by then, others are not yet.
    FSDP keeps embedding and head gathered, and two blocks, and one block's gradient.
    """
    need(way in ("ddp", "zero1", "fsdp", "tp", "gpipe", "1f1b"), "way", way, "ddp, zero1, fsdp, tp, gpipe, 1f1b")
    n, d, tokens = parameters(model), model.d_model, batch_size * model.seq_len
    ends = 2 * (d + 1) + 3 * model.vocab_size  # floats a token: first norm, last norm, log-probabilities, and the logits twice
    layer = (activation_floats_per_token(model) - 2 * (d + 1) - model.vocab_size) // model.n_layer
    blocks, block, table = n.nonembedding, n.nonembedding // model.n_layer, n.embedding
    if way in ("ddp", "zero1", "fsdp"):
        held = {"ddp": 4 * n.total, "zero1": n.total + 2 * n.total // ranks, "fsdp": 3 * n.total // ranks + 2 * table + 3 * block}[way]
        return FP32 * (held + tokens // ranks * (model.n_layer * layer + ends))
    if way == "tp":
        whole = 2 * (d + 1)  # the normalised stream, which every rank has
        return FP32 * (3 * (blocks // ranks + 2 * table) + tokens * (model.n_layer * (whole + (layer - whole) // ranks) + ends))
    first, last, small = rank == 0, rank == ranks - 1, tokens // microbatches
    here = blocks // ranks + table * (first + last)
    waits = microbatches if way == "gpipe" else min(ranks - rank, microbatches)
    kept = model.n_layer // ranks * layer + (d + 1) * first + (d + 1 + model.vocab_size) * last + d * (not first) + d * (not last)
    return FP32 * (4 * here + small * (waits * kept + 2 * model.vocab_size * last))


def activation_floats_per_token(model: ModelConfig) -> int:
    """Numbers that autograd keeps for the backward pass, for one token, under a fused attention (no T × T scores).

    Per layer 16 d: the residual normalised, twice, 2 d; queries and keys rotated 2 d, values 3 d (they lie in one storage with
    the queries and keys before); attention's result d; the MLP after ReLU and squared 8 d. Besides, two scales of the norms
    and attention's log-sums, n_head; under QK-norm 2 d and 2 n_head more. LayerNorm keeps its input too, d + 1 more each time;
    without rotary positions the 2 d fall away; GELU keeps what ReLU² does.
    Once a model: the first and the last norm, V log-probabilities. Dropout's masks are not counted. (Korthikanti et al. 2022,
    arXiv:2205.05198, count 34 d + 5 n_head T *bytes* for GPT-3's unfused block in half precision.)
    The tests count the same on the running model.
    """
    d, heads = model.d_model, model.n_head
    norm = d + 1 if model.norm == "rms" else 2 * d + 2
    layer = 2 * norm + 12 * d + 2 * d * (model.position == "rotary") + heads + model.qk_norm * 2 * (d + heads)
    return model.n_layer * layer + norm * (2 if model.norm == "rms" else 1) + model.vocab_size
