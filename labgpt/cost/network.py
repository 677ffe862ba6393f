"""Bytes each rank sends to average gradients, the time that takes on a link, and the time a pipeline idles."""
from labgpt.cost.check import need


def ring_all_reduce_bytes(n_bytes: float, world_size: int) -> float:
    """Bytes one rank sends in a ring all-reduce of `n_bytes`: 2 (W - 1) / W · n, below twice the gradient for any W.

    Reduce-scatter, then all-gather, of W - 1 messages of n / W each (Patarasuk & Yuan 2009,
    doi:10.1016/j.jpdc.2008.09.002).
    """
    _check(n_bytes, world_size)
    return 2 * (world_size - 1) / world_size * n_bytes


def tree_all_reduce_bytes(n_bytes: float, world_size: int) -> float:
    """Bytes one rank sends by recursive doubling: the whole of `n_bytes` in each of log2(W) rounds.

    More bytes than the ring from W = 4 on, but each sum is taken in one fixed order, so its bits can be promised
    (Thakur, Rabenseifner & Gropp 2005, doi:10.1177/1094342005051521). W must be a power of two.
    """
    _check(n_bytes, world_size)
    need(world_size & (world_size - 1) == 0, "world_size", world_size, "1, 2, 4, 8, …", "the ring takes any number")
    return (world_size.bit_length() - 1) * n_bytes


def ring_all_reduce_seconds(n_bytes: float, world_size: int, latency: float, bandwidth: float) -> float:
    """Time of a ring all-reduce: 2 (W - 1) messages, each `latency` seconds (alpha) and its bytes over `bandwidth`
    in bytes per second (1 / beta), nothing overlapped with computing."""
    need(latency >= 0, "latency", latency, "0 or more seconds")
    need(bandwidth > 0, "bandwidth", bandwidth, "more than 0 bytes per second")
    return 2 * (world_size - 1) * latency + ring_all_reduce_bytes(n_bytes, world_size) / bandwidth


def zero_sent_elements(n: float, world_size: int, zero: int = 0) -> float:
    """Elements a rank sends a step for `n` weights: ZeRO-1 and 2 as plain data parallel; ZeRO-3, which gathers the weights twice,
    half as much again (Rajbhandari et al. 2020, section 7, where (W - 1) / W is rounded to 1)."""
    need(zero in (0, 1, 2, 3), "zero", zero, "0, 1, 2, 3")
    return ring_all_reduce_bytes(n, world_size) * (1.5 if zero == 3 else 1)


def pipeline_bubble(stages: int, microbatches: int) -> float:
    """Share of the time that a stage idles under GPipe or 1F1B: (p - 1) / (m + p - 1). Over the busy time it is (p - 1) / m."""
    need(stages >= 1 and microbatches >= 1, "stages, microbatches", (stages, microbatches), "1 or more, both")
    return (stages - 1) / (microbatches + stages - 1)


def _check(n_bytes: float, world_size: int) -> None:
    need(n_bytes >= 0, "n_bytes", n_bytes, "0 or more")
    need(world_size >= 1, "world_size", world_size, "1 or more")
