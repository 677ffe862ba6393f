"""A transformer's shape, whoever made it: from this lab's ModelConfig, a published name, or a file."""
import json
from dataclasses import dataclass
from pathlib import Path

from labgpt.cost.check import known, need
from labgpt.spec import ModelConfig, RunSpec


@dataclass(frozen=True)
class Shape:
    """What parameters, FLOPs and bytes are counted from. An encoder has no language-model head here, as published counts leave
    it out; BERT's pooler counts as one more d × d matrix."""

    vocab_size: int
    seq_len: int
    n_layer: int
    d_model: int
    n_head: int
    n_kv_head: int = 0  # below n_head: grouped queries (Ainslie et al. 2023); 0: n_head
    d_ff: int = 0  # the MLP's inner width; 0: 4 d_model
    d_head: int = 0  # 0: d_model / n_head
    gated: bool = False  # an MLP of three matrices, not two (SwiGLU, Shazeer 2020)
    positions: int = 0  # rows of a learned table
    types: int = 0  # likewise, of token types
    bias: bool = False
    norm: int = 0  # vectors that a norm layer holds: 2 gain and bias, 1 gain
    tied: bool = False
    encoder: bool = False
    dropout: bool = False  # a mask is kept for the backward pass

    def __post_init__(self) -> None:
        for name in ("vocab_size", "seq_len", "n_layer", "d_model", "n_head"):
            need(type(getattr(self, name)) is int and getattr(self, name) > 0, name, getattr(self, name), "a whole number above 0")
        need(self.d_head != 0 or self.d_model % self.n_head == 0, "n_head", self.n_head, f"a divisor of d_model = {self.d_model}")
        for name, value in {"n_kv_head": self.n_head, "d_ff": 4 * self.d_model, "d_head": self.d_model // self.n_head}.items():
            object.__setattr__(self, name, getattr(self, name) or value)
            need(type(getattr(self, name)) is int and getattr(self, name) > 0, name, getattr(self, name), "a whole number above 0")
        need(self.n_head % self.n_kv_head == 0, "n_kv_head", self.n_kv_head, f"a divisor of n_head = {self.n_head}")

    @property
    def d_query(self) -> int:
        """Width of all queries together."""
        return self.n_head * self.d_head

    @property
    def d_key(self) -> int:
        """Width of all keys together, and of all values."""
        return self.n_kv_head * self.d_head


def shape(model: ModelConfig | Shape | str | Path | dict) -> Shape:
    """The Shape of a ModelConfig, a published name, a Hugging Face config (a dict, or a path to its JSON), or a RunSpec's file.

    Raises ValueError for a name that is not known (with the near ones), a file that is not there, or a kind of model that
    this room cannot count.
    """
    if isinstance(model, Shape):
        return model
    if isinstance(model, ModelConfig):
        c = model
        return Shape(c.vocab_size, c.seq_len, c.n_layer, c.d_model, c.n_head, positions=c.seq_len * (c.position == "learned"),
                     bias=c.bias, norm=(1 + c.bias) * (c.norm == "layer"), tied=c.tied, dropout=c.dropout > 0)  # fmt: skip
    if isinstance(model, dict):
        return from_config(model)
    need(isinstance(model, str | Path), "model", model, "a name, a ModelConfig, a Shape or a config.json")
    from labgpt.cost.models import MODELS

    if str(model) in MODELS:
        return MODELS[str(model)].shape
    path = Path(model) / "config.json" if Path(model).is_dir() else Path(model)
    if not path.is_file():
        need(path.suffix != ".json", "model", str(model), "a config.json that is there, or a name; `labgpt cost --list` shows the names")
        known("model", str(model), MODELS)
    try:
        fields = json.loads(text := path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"model = {str(path)!r}: not JSON ({error}); allowed is a Hugging Face config.json") from None
    ours = isinstance(fields, dict) and "science" in fields
    return shape(RunSpec.from_json(text, str(path)).science.model) if ours else from_config(fields)


def from_config(fields: dict) -> Shape:
    """The Shape that a Hugging Face config's fields describe. Raises ValueError for another kind, or a field that is missing."""
    need(isinstance(fields, dict), "config", fields, "an object with the fields of a Hugging Face config.json")
    kind = fields.get("model_type")
    known("model_type", kind, ("gpt2", "llama", "mistral", "bert", "roberta"), "labgpt cost --help")

    def get(name: str) -> int:
        need(type(fields.get(name)) is int, name, fields.get(name), f"a whole number in the config of a {kind} model")
        return fields[name]

    if kind == "gpt2":
        length = get("n_positions")
        return Shape(get("vocab_size"), length, get("n_layer"), get("n_embd"), get("n_head"), d_ff=fields.get("n_inner") or 0,
                     positions=length, bias=True, norm=2, tied=fields.get("tie_word_embeddings", True),
                     dropout=bool(fields.get("resid_pdrop", 0.1)))  # fmt: skip
    common = map(get, ("vocab_size", "max_position_embeddings", "num_hidden_layers", "hidden_size", "num_attention_heads"))
    vocab_size, length, *rest = common
    if kind in ("llama", "mistral"):
        for name in ("attention_bias", "mlp_bias"):
            need(not fields.get(name, False), name, fields.get(name), "false: this room counts Llama without biases")
        return Shape(vocab_size, length, *rest, n_kv_head=fields.get("num_key_value_heads") or 0, d_ff=get("intermediate_size"),
                     gated=True, norm=1, d_head=fields.get("head_dim") or 0, tied=fields.get("tie_word_embeddings", False))  # fmt: skip
    # RoBERTa's first two positions stand for padding
    return Shape(vocab_size, length - 2 * (kind == "roberta"), *rest, d_ff=get("intermediate_size"), positions=length,
                 types=get("type_vocab_size") if "type_vocab_size" in fields else 2, bias=True, norm=2, encoder=True,
                 dropout=bool(fields.get("hidden_dropout_prob", 0.1)))  # fmt: skip
