"""How long a training step takes on many GPUs: arithmetic, memory, talk that hides behind them and talk that does not, waiting.

A model of a machine, not a measurement: `fitting.score` says how far it lies from published figures. Not in it: what a
pipeline's stages send each other, failures, input.
"""
from __future__ import annotations

import math
from dataclasses import dataclass, replace

from labgpt.cost.check import known, need
from labgpt.cost.devices import Device
from labgpt.cost.devices import device as find
from labgpt.cost.flops import palm_flops
from labgpt.cost.memory import HALF, layer_activations, memory
from labgpt.cost.parameters import matrices, parameters
from labgpt.cost.shape import Shape, shape

NODE = 8  # devices of a machine
# Bytes/s one way of one device: to the others of its machine; its share of the machine's network.
LINKS = {
    "v100": (150e9, 12.5e9), "a100-40": (300e9, 25e9), "a100": (300e9, 25e9), "h100": (450e9, 50e9), "h200": (450e9, 50e9),
    "b200": (900e9, 50e9), "tpu-v4": (150e9, 150e9),
}  # fmt: skip  # DGX-1, DGX A100, DGX H100, DGX B200 data sheets (NVLink; 100, 200, 400 Gbit/s a device); Jouppi et al. 2023, table 4
ZERO = {"none": 0, "zero1": 1, "zero2": 2, "zero3": 3, "fsdp": 3}


@dataclass(frozen=True)
class Habits:
    """What a code on a cluster makes of its machines; `fitting` fits all but the last; as given, what the fitted rows of
    data/published_throughput.csv have in common, rounded.

    efficiency: share of the peak that its matrix products reach. reach, inside: share of the bandwidth that its collectives
    reach, between machines and inside one. delay: seconds of a ring's hop, of which a gather over W ranks has W - 1; they hide
    behind nothing. passes: how often a kept activation is moved (written, read by the next operation, read backward, its gradient
    written). jitter: standard deviation of a rank's time; the slowest of W decides, about √(2 ln W) of them above the mean.
    """

    efficiency: float = 0.5
    reach: float = 0.4
    delay: float = 2.5e-6
    passes: float = 6.0
    inside: float = 0.9
    jitter: float = 0.003


@dataclass(frozen=True)
class Layout:
    """Who holds what: `tensor` ranks share a layer, `pipeline` stages the layers, the others the batch; `sharding` says what those
    split (ZERO's stages). `micro`: rows of a microbatch. recompute as in `memory`; `fused`: no T × T scores in memory."""

    tensor: int = 1
    pipeline: int = 1
    sharding: str = "fsdp"
    micro: int = 1
    recompute: str = "none"
    fused: bool = True

    @classmethod
    def read(cls, strategy: str) -> Layout:
        """"fsdp", "tp8", "zero1+tp8+pp16", "ddp+pp4": a word of ZERO (ddp: none), tp and pp with their numbers, joined by +."""
        found: dict[str, object] = {"sharding": "none"}
        for word in strategy.replace(",", "+").split("+"):
            name, digits = word.rstrip("0123456789"), word[len(word.rstrip("0123456789")) :]
            if name in ("tp", "pp") and digits.isdigit() and int(digits) > 0:
                found["tensor" if name == "tp" else "pipeline"] = int(digits)
            else:
                known("strategy", word, ("ddp", *ZERO, "tp8", "pp4"), "labgpt simulate --help")
                found["sharding"] = "none" if word == "ddp" else word
        return cls(**found)


def simulate(
    model, gpus: int, device: str = "h100", strategy: str | Layout = "fsdp", batch: int = 1024, seq_len: int | None = None,
    habits: Habits = Habits(), critical: float | None = None, tokens: float | None = None,
) -> dict:  # fmt: skip
    """{step_s, tokens_per_s_per_gpu, mfu, memory_gb, efficiency, breakdown (seconds), fits, layout} of training on batches of
    `batch` rows, 16-bit, fused attention, the fastest microbatch and recomputation that fit.

    efficiency: what is left of each device's own speed. With `critical`, a batch in rows, and `tokens`, those that bring small batches
    to a loss: also {tokens, steps, seconds} to that loss, and sample_efficiency, the share of tokens that small batches would have
    needed. tokens · (1 + batch / critical) is a law, as good as its two numbers (McCandlish et al. 2018, equation 2.11). Raises ValueError
    for a split that does not come out even.
    """
    s, d = shape(model), find(device)
    known("device", device, LINKS)
    lay = strategy if isinstance(strategy, Layout) else Layout.read(strategy)
    for name, value in {"gpus": gpus, "batch": batch}.items():
        need(type(value) is int and value >= 1, name, value, "a whole number above 0")
    split = lay.tensor * lay.pipeline
    need(gpus % split == 0, "gpus", gpus, f"a multiple of tp · pp = {split}")
    ranks, n = gpus // split, parameters(s).total
    need(batch % ranks == 0, "batch", batch, f"a multiple of the {ranks} ranks that share it")
    s = s if seq_len is None else replace(s, seq_len=seq_len)
    micros = [m for m in ((8, 4, 2, 1) if lay.pipeline == 1 else (1,)) if (batch // ranks) % m == 0]
    ways = ("selective", "full")  # fused attention keeps no scores, as if they were worked out again
    tried = [replace(lay, micro=m, recompute=way) for way in ways for m in micros]
    held = {one: _bytes(s, one, ranks) for one in tried}
    fitting = [one for one in tried if held[one] <= d.memory] or tried[-1:]
    chosen = min(fitting, key=lambda one: sum(step(s, n, batch, gpus, d, LINKS[device], one, habits).values()))
    parts = step(s, n, batch, gpus, d, LINKS[device], chosen, habits)
    seconds = sum(parts.values())
    pace = batch * s.seq_len / seconds / gpus
    target = {}
    if critical is not None or tokens is not None:
        for name, value in {"critical": critical, "tokens": tokens}.items():
            need(value is not None and 0 < value < math.inf, name, value, "a number above 0: critical and tokens go together")
        whole = tokens * (1 + batch / critical)
        steps = whole / (batch * s.seq_len)
        target = {"tokens": whole, "steps": steps, "seconds": steps * seconds, "sample_efficiency": tokens / whole}
    return target | {
        "step_s": seconds, "tokens_per_s_per_gpu": pace, "memory_gb": held[chosen] / 1e9,
        "mfu": palm_flops(n, s.n_layer, s.d_query, s.seq_len) * pace / d.peak, "breakdown": parts,
        "efficiency": (parts["compute"] + parts["memory"]) / seconds, "fits": held[chosen] <= d.memory, "layout": vars(chosen),
    }  # fmt: skip


def _bytes(s: Shape, lay: Layout, ranks: int) -> float:
    """On the fullest rank; sharded weights are gathered two blocks at a time, one block's gradient waits to be scattered."""
    zero, several = ZERO[lay.sharding], lay.tensor > 1
    held = memory(s, lay.micro, zero=zero, ranks=ranks, tensor=lay.tensor, pipeline=lay.pipeline, recompute=lay.recompute,
                  sequence_parallel=several).total  # fmt: skip
    return held + (zero == 3) * 3 * HALF * sum(matrices(s).values()) / lay.tensor


def best(model, gpus: int, device: str = "h100", batch: int = 1024, cheapest: bool = False, **more) -> dict:
    """The fastest layout on `gpus` devices or, with `cheapest`, the one of fewest device-seconds on at most as many: `simulate`'s
    answer with "strategy" and "gpus". Raises ValueError where nothing fits."""
    s, found = shape(model), []
    for devices in [gpus >> i for i in range(gpus.bit_length())] if cheapest else [gpus]:
        for tensor in (t for t in (1, 2, 4, 8) if devices % t == 0 and s.n_head % t == 0):
            for pipeline in (p for p in range(1, s.n_layer + 1) if s.n_layer % p == 0 and devices % (tensor * p) == 0):
                if batch % (devices // (tensor * pipeline)) == 0:
                    for sharding in ("none", "zero1", "fsdp"):
                        one = simulate(s, devices, device, Layout(tensor, pipeline, sharding), batch, **more)
                        words = [sharding.replace("none", "ddp"), *(f"{k}{v}" for k, v in (("tp", tensor), ("pp", pipeline)) if v > 1)]
                        found += [one | {"strategy": "+".join(words), "gpus": devices}] if one["fits"] else []
    need(len(found) > 0, "gpus", gpus, f"enough to hold the model and a divisor of batch = {batch} rows", "more gpus, or another batch")
    return min(found, key=lambda one: one["step_s"] * (one["gpus"] if cheapest else 1))


def step(s: Shape, n: float, batch: int, gpus: int, d: Device, links: tuple[float, float], lay: Layout, h: Habits) -> dict[str, float]:
    """Seconds of one step of `batch` rows: {compute, memory, tensor, bubble, data, stragglers}, which add up.

    `data` is what of the gradients' and weights' exchange does not hide behind computing.
    """
    ranks = gpus // (lay.tensor * lay.pipeline)
    microbatches, part = batch / ranks / lay.micro, 1 / (lay.tensor * lay.pipeline)
    tokens, layers = lay.micro * s.seq_len, s.n_layer / lay.pipeline
    again = lay.recompute == "full"
    per_token = palm_flops(n, s.n_layer, s.d_query, s.seq_len) + again * forward_of_blocks(s, n)
    compute = tokens * per_token * part / (d.peak * h.efficiency)
    kept = layer_activations(s, lay.micro, s.seq_len, lay.tensor, False, "selective" if lay.fused else "none")
    moved = layers * kept * (h.passes * (1.5 if again else 1)) / d.bandwidth
    sums = (6 if again else 4) * layers  # all-reduces of a microbatch: two a layer forward, two backward
    inside = links[0] * h.inside if lay.tensor <= NODE else links[1] * h.reach
    tensor = sums * tokens * s.d_model * HALF * 2 * (lay.tensor - 1) / lay.tensor / inside
    one = compute + moved + tensor  # a microbatch on one stage, forward and backward
    weights = HALF * n * part
    here = max(1, min(ranks, NODE // lay.tensor)) if lay.tensor < NODE else 1  # ranks of a machine that share the batch, not a layer
    # Rings through all ranks cross a machine's network together: it carries each byte once, not once a rank.
    pace = links[0] * h.inside if ranks * lay.tensor <= NODE else min(links[0] * h.inside, here * links[1] * h.reach)
    # Gather, gather, scatter for each microbatch (in a pipeline, once a step: there weights stay gathered); or one all-reduce.
    rounds = 2 if ZERO[lay.sharding] != 3 else 3 * (microbatches if lay.pipeline == 1 else 1)
    sent = rounds * weights * (ranks - 1) / ranks / pace
    hidden = one * microbatches if ZERO[lay.sharding] == 3 else 2 / 3 * one  # all computing, or the last backward pass
    hops = (ranks - 1) * rounds * layers if ZERO[lay.sharding] == 3 else 2 * math.log2(ranks) * layers if ranks > 1 else 0
    found = {
        "compute": compute * microbatches, "memory": moved * microbatches, "tensor": tensor * microbatches,
        "bubble": (lay.pipeline - 1) * one / chunks(lay.pipeline, microbatches, layers), "data": max(0.0, sent - hidden) + h.delay * hops,
    }  # fmt: skip
    return found | {"stragglers": sum(found.values()) * h.jitter * math.sqrt(2 * math.log(gpus))}


def chunks(stages: int, microbatches: float, layers: float) -> int:
    """Into how many a stage's layers are cut to be interleaved, which divides the bubble (Narayanan et al. 2021, 2.2): until it is
    at most a quarter of the busy time, as far as there are layers. An assumption: nobody would pay for more."""
    return max(1, min(math.floor(layers), math.ceil((stages - 1) / microbatches / 0.25)))


def forward_of_blocks(s: Shape, n: float) -> float:
    """FLOPs a token of running the blocks forward once more."""
    return 2 * min(n, s.n_layer * sum(matrices(s).values())) + 4 * s.n_layer * s.d_query * s.seq_len
