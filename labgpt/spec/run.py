"""RunSpec: everything that decides a training run, as frozen dataclasses in two halves.

`science` says what is learned from what (its hash is `spec_id`); `execution` says how the arithmetic is
carried out (the hash of both is `run_id`). All input checks live here, so that the rooms behind this door need none.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from dataclasses import dataclass, field
from pathlib import Path

from .corpora import fixed
from .data import GPT2_VOCAB, DataConfig, later, need, positive
from .read import build


@dataclass(frozen=True)
class ModelConfig:
    """A GPT's shape and its block. The default block has parameter-free RMSNorm, rotary positions, ReLU², no biases, an
    untied head, and starts at zero; `spec.GPT2` holds the switches of GPT-2's exact block."""

    vocab_size: int = 512
    seq_len: int = 64
    n_layer: int = 2
    d_model: int = 16
    n_head: int = 1
    qk_norm: bool = False
    norm: str = later("rms")
    position: str = later("rotary")
    activation: str = later("relu2")
    bias: bool = later(False)
    tied: bool = later(False)
    init: str = later("zero")
    dropout: float = later(0.0)

    def __post_init__(self) -> None:
        positive(self, "vocab_size", "seq_len", "n_layer", "d_model", "n_head")
        need(self.d_model % self.n_head == 0, "n_head", self.n_head, f"a divisor of d_model = {self.d_model}")
        for name, allowed in SWITCHES.items():
            need(getattr(self, name) in allowed, name, getattr(self, name), ", ".join(map(str, allowed)))
        need(0 <= self.dropout < 1, "dropout", self.dropout, "0 ≤ share < 1")
        width = self.d_model // self.n_head
        even = self.position != "rotary" or width % 2 == 0
        need(even, "d_model / n_head", width, "an even number", "rotary positions turn pairs of channels")


SWITCHES = {
    "norm": ("rms", "layer"),
    "position": ("rotary", "learned"),
    "activation": ("relu2", "gelu"),
    "qk_norm": (False, True),
    "bias": (False, True),
    "tied": (False, True),
    "init": ("zero", "gpt2"),
}  # of the block: the default first
GPT2 = {name: choices[name != "qk_norm"] for name, choices in SWITCHES.items()}  # GPT-2 takes the other one, but for QK-norm


@dataclass(frozen=True)
class OptimConfig:
    """Muon turns the hidden matrices (or AdamW does), AdamW the embedding and the head; one learning rate for each role."""

    name: str = "muon"
    lr_matrix: float = 0.02
    lr_embed: float = 0.02
    lr_head: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.95
    momentum: float = 0.9
    weight_decay: float = 0.0
    clip: float = 1.0

    def __post_init__(self) -> None:
        need(self.name in ("muon", "adamw"), "optim.name", self.name, "muon, adamw")
        for name in ("lr_matrix", "lr_embed", "lr_head", "clip"):
            value = getattr(self, name)
            need(math.isfinite(value) and value > 0, f"optim.{name}", value, "a finite number above 0")
        for name in ("beta1", "beta2", "momentum"):
            need(0 <= getattr(self, name) < 1, f"optim.{name}", getattr(self, name), "0 ≤ value < 1")
        need(self.weight_decay >= 0, "optim.weight_decay", self.weight_decay, "0 or more")


@dataclass(frozen=True)
class ScheduleConfig:
    """Warm-up, stable, decay (WSD; Hägele et al. 2024): one trunk at constant rate, and for each budget a branch whose
    learning rate cools to zero over the last `cooldown` share of that budget (1: the whole of it, warmed up first).
    `budgets` are tokens, ascending."""

    budgets: tuple[int, ...] = (262_144,)
    warmup_steps: int = 20
    cooldown: float = 0.2
    shape: str = "1-sqrt"

    def __post_init__(self) -> None:
        need(len(self.budgets) > 0, "budgets", self.budgets, "one or more token counts")
        for budget in self.budgets:
            need(isinstance(budget, int) and budget > 0, "budgets", budget, "whole numbers of tokens above 0")
        need(list(self.budgets) == sorted(set(self.budgets)), "budgets", self.budgets, "ascending, each once")
        need(self.warmup_steps >= 0, "warmup_steps", self.warmup_steps, "0 or more")
        need(0 <= self.cooldown <= 1, "cooldown", self.cooldown, "0 ≤ share ≤ 1")
        need(self.shape in ("1-sqrt", "linear", "cosine"), "shape", self.shape, "1-sqrt, linear, cosine")


@dataclass(frozen=True)
class Science:
    """What is learned, from what, how: the half that a loss is a function of."""

    model: ModelConfig = field(default_factory=ModelConfig)
    data: DataConfig = field(default_factory=DataConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    batch_size: int = 32  # sequences a step, over all ranks
    seed: int = 0
    precision: str = "float32"

    def __post_init__(self) -> None:
        positive(self, "batch_size")
        need(isinstance(self.seed, int) and 0 <= self.seed < 2**32, "seed", self.seed, "a whole number 0 … 2**32 - 1")
        need(self.precision in ("float32", "bfloat16"), "precision", self.precision, "float32, bfloat16")
        least = f"at least one batch, {self.tokens_per_step} tokens"
        first = self.schedule.budgets[0]
        need(first >= self.tokens_per_step, "budgets", first, least, "raise the budget or lower batch_size")
        unique = self.data.unique_tokens
        a_row = unique is None or unique >= self.model.seq_len
        need(a_row, "unique_tokens", unique, f"at least one row, {self.model.seq_len} tokens")
        need(self.data.val_tokens >= self.model.seq_len, "val_tokens", self.data.val_tokens, f"at least {self.model.seq_len}")
        known = fixed(self.data.corpus)
        if self.data.tokenizer == "symbols":
            most, length = known["seq_len"], self.model.seq_len
            need(length <= most, "seq_len", length, f"at most {most}, the length of a {self.data.corpus} document")
        needed = {"symbols": known["vocab_size"], "bytes": 256, "gpt2": GPT2_VOCAB}.get(self.data.tokenizer) or int(self.data.tokenizer[4:])
        vocabulary = self.model.vocab_size
        need(vocabulary == needed, "vocab_size", vocabulary, f"{needed} for tokenizer {self.data.tokenizer!r}")

    @property
    def tokens_per_step(self) -> int:
        return self.batch_size * self.model.seq_len


ALIKE = ("ddp", "zero1", "fsdp", "tp", "fsdp+tp", "gpipe", "1f1b")  # the same training, carried out otherwise
STRATEGIES = (*ALIKE, "diloco")


@dataclass(frozen=True)
class Execution:
    """How the arithmetic is carried out. `reduction="tree"` sums `microshards` gradients in one fixed binary tree, so that
    the final weights are the same bits for every world_size; "ring" is torch's DDP, faster, equal to about 1e-6. `compile`
    takes 10 to 60 s at the start: derive() sets it on a GPU from width 256 on. `strategy` zero1 to 1f1b: no rank holds everything
    (labgpt.parallel.strategies); diloco: ranks meet each `local_steps` steps alone (labgpt.parallel.diloco), which, unlike all the
    others, changes what is learned. `recompute`: blocks keep their input alone and run forward twice. `microbatches`: a rank's rows
    go through in so many passes, their gradients added up and sent once; under a pipeline they follow each other."""

    world_size: int = 1
    strategy: str = "ddp"
    reduction: str = "ring"
    microshards: int = 4
    threads: int = 1
    device: str = "cpu"
    compile: bool = later(False)
    recompute: bool = later(False)
    microbatches: int = later(1)
    local_steps: int = later(16)
    outer_lr: float = later(0.7)
    outer_momentum: float = later(0.9)

    def __post_init__(self) -> None:
        positive(self, "world_size", "microshards", "threads", "microbatches", "local_steps")
        need(0 < self.outer_lr < math.inf, "outer_lr", self.outer_lr, "a finite number above 0")
        need(0 <= self.outer_momentum < 1, "outer_momentum", self.outer_momentum, "0 ≤ value < 1")
        need(self.strategy in STRATEGIES, "strategy", self.strategy, ", ".join(STRATEGIES))
        need(self.strategy != "fsdp+tp" or self.world_size % 2 == 0, "world_size", self.world_size, "an even number with fsdp+tp")
        plain = self.reduction == "ring" and not self.compile
        need(self.strategy == "ddp" or plain, "strategy", self.strategy, "ddp with reduction='tree' or compile")
        once = self.reduction == "ring" or self.microbatches == 1
        need(once, "microbatches", self.microbatches, "1 with reduction='tree'", "microshards cuts the rows there")
        full = self.microbatches >= self.stages
        need(full, "microbatches", self.microbatches, f"at least world_size = {self.stages} with {self.strategy}")
        need(self.reduction in ("ring", "tree"), "reduction", self.reduction, "ring, tree")
        need(self.device in ("cpu", "cuda"), "device", self.device, "cpu, cuda")
        if self.reduction == "tree":
            for name, value in (("world_size", self.world_size), ("microshards", self.microshards)):
                need(value & (value - 1) == 0, name, value, "a power of two with reduction='tree'")
            fits = self.microshards % self.world_size == 0
            need(fits, "microshards", self.microshards, f"a multiple of world_size = {self.world_size}")

    @property
    def sharded(self) -> bool:
        """Whether no rank holds everything."""
        return self.strategy not in ("ddp", "diloco") and self.world_size > 1

    @property
    def tensor(self) -> int:
        """How many ranks share a layer."""
        return {"tp": self.world_size, "fsdp+tp": 2}.get(self.strategy, 1)

    @property
    def fsdp(self) -> bool:
        return self.sharded and "fsdp" in self.strategy

    @property
    def stages(self) -> int:
        """Of a pipeline; 1 without one."""
        return self.world_size if self.strategy in ("gpipe", "1f1b") else 1

    @property
    def data(self) -> int:
        """Into how many slices the batch is cut."""
        return self.world_size // self.tensor // self.stages


@dataclass(frozen=True)
class RunSpec:
    """One run. Two specs with the same run_id give the same bits on the same kind of machine and versions."""

    science: Science = field(default_factory=Science)
    execution: Execution = field(default_factory=Execution)

    def __post_init__(self) -> None:
        rows, how, model = self.science.batch_size, self.execution, self.science.model
        need(model.n_head % how.tensor == 0, "n_head", model.n_head, f"a multiple of {how.tensor}: a head is not split")
        need(how.tensor == 1 or not model.bias, "bias", True, "False where layers are cut")
        if how.stages > 1:
            need(model.n_layer >= how.stages, "n_layer", model.n_layer, f"at least a block a stage, {how.stages}")
            need(not model.tied, "tied", True, f"False with {how.strategy}", "its two ends lie on two ranks")
            need(not model.dropout, "dropout", model.dropout, f"0 with {how.strategy}", "each stage would draw from a stream of its own")
        ways, name = how.data * how.microbatches, "world_size" if how.microbatches == 1 else "microbatches × slices"
        if how.reduction == "tree":
            ways, name = how.microshards, "microshards"
        divisors = ", ".join(str(w) for w in range(1, min(rows, 64) + 1) if rows % w == 0)
        need(rows % ways == 0, name, ways, f"a divisor of batch_size = {rows} ({divisors})")

    @property
    def spec_id(self) -> str:
        return _digest(self.science)

    @property
    def run_id(self) -> str:
        return _digest(self)

    @property
    def branch(self) -> str:
        """The trunk's name. Rows of one trunk share their noise, so it is the unit that a bootstrap draws."""
        s = self.science
        return f"{s.data.corpus}-d{s.model.d_model}-s{s.seed}"

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str, source: str = "spec") -> RunSpec:
        try:
            raw = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"{source}: not JSON ({error}); allowed is a RunSpec as `labgpt train --save-spec` writes it") from None
        return build(cls, raw, source)

    @classmethod
    def read(cls, path: str | Path) -> RunSpec:
        try:
            return cls.from_json(Path(path).read_text(encoding="utf-8"), str(path))
        except FileNotFoundError:
            raise ValueError(f"spec = {str(path)!r}: no such file; write one with `labgpt train --save-spec {path}`") from None


def _hashed(node: object) -> object:
    """What the hash sees: all fields, but for later ones at their default."""
    if not dataclasses.is_dataclass(node):
        return node
    seen = [f for f in dataclasses.fields(node) if not (f.metadata.get("later") and getattr(node, f.name) == f.default)]
    return {f.name: _hashed(getattr(node, f.name)) for f in seen}


def _digest(spec: Science | RunSpec) -> str:
    return hashlib.sha256(json.dumps(_hashed(spec), sort_keys=True).encode()).hexdigest()[:12]
