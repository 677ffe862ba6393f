"""The roofline (Williams et al. 2009): a layer runs no faster than its FLOPs a byte times the memory's bandwidth, nor than the peak."""
from dataclasses import dataclass

from labgpt.cost.check import need
from labgpt.cost.shape import shape


@dataclass(frozen=True)
class Layer:
    """One kind of product in a forward pass, all layers together: FLOPs, and the bytes that have to move at least once."""

    name: str
    flops: int
    bytes: int

    @property
    def intensity(self) -> float:
        return self.flops / self.bytes

    def seconds(self, peak: float, bandwidth: float) -> float:
        """At least: the longer of arithmetic at `peak` FLOP/s and movement at `bandwidth` bytes/s."""
        need(peak > 0 and bandwidth > 0, "peak, bandwidth", (peak, bandwidth), "more than 0, both")
        return max(self.flops / peak, self.bytes / bandwidth)


def layers(model, batch_size: int = 1, seq_len: int | None = None, number_bytes: int = 2, generate: bool = False) -> list[Layer]:
    """The products of one forward pass over `batch_size` rows of seq_len tokens, or, with `generate`, over one new token a row
    behind seq_len - 1 cached ones. Attention is fused (no scores in memory) and, in a decoder, causal. A matrix of k × n weights over
    m tokens takes 2 m k n FLOPs and moves m k + k n + m n numbers."""
    s = shape(model)
    length = s.seq_len if seq_len is None else seq_len
    need(batch_size >= 1 and length >= 1, "batch_size, seq_len", (batch_size, length), "1 or more, both")
    need(not (generate and s.encoder), "generate", generate, "False for an encoder")
    m = batch_size * (1 if generate else length)

    def product(name: str, k: int, n: int, times: int) -> Layer:
        return Layer(name, times * 2 * m * k * n, times * number_bytes * (m * k + k * n + m * n))

    pairs = length if generate else length * length if s.encoder else length * (length + 1) // 2  # of query and key, a row
    moved = 2 * m * s.d_query + 2 * batch_size * length * s.d_key  # queries in, result out; all keys and values
    found = [
        product("qkv", s.d_model, s.d_query + 2 * s.d_key, s.n_layer),
        Layer("attention", s.n_layer * 4 * s.d_query * batch_size * pairs, s.n_layer * number_bytes * moved),
        product("output", s.d_query, s.d_model, s.n_layer),
        product("mlp in", s.d_model, s.d_ff * (2 if s.gated else 1), s.n_layer),
        product("mlp out", s.d_ff, s.d_model, s.n_layer),
    ]
    return found if s.encoder else [*found, product("head", s.d_model, s.vocab_size, 1)]
