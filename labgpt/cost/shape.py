"""A transformer's shape, whoever made it: from this lab's ModelConfig, a published name, or a Hugging Face config.json."""
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from labgpt.cost.check import known, need
from labgpt.spec import ModelConfig


@dataclass(frozen=True)
class Shape:
    """What parameters, FLOPs and bytes are counted from.

    `d_ff` is the MLP's inner width and `gated` says that it has three matrices (SwiGLU, Shazeer 2020) and not two. `n_kv_head`
    below `n_head` is grouped-query attention (Ainslie et al. 2023). `positions` and `types` count rows of learned tables;
    `norm` counts the vectors a norm layer holds (2: gain and bias, 1: gain, 0: none). An encoder has no language-model head
    here, as published counts leave it out; BERT's pooler is one more d × d matrix.
    """

    vocab_size: int
    seq_len: int
    n_layer: int
    d_model: int
    n_head: int
    n_kv_head: int = 0  # 0: as many as n_head
    d_ff: int = 0  # 0: 4 d_model
    d_head: int = 0  # 0: d_model / n_head
    gated: bool = False
    positions: int = 0
    types: int = 0
    bias: bool = False
    norm: int = 0
    tied: bool = False
    encoder: bool = False
    dropout: bool = False  # a mask is kept for the backward pass

    def __post_init__(self) -> None:
        for name in ("vocab_size", "seq_len", "n_layer", "d_model", "n_head"):
            value = getattr(self, name)
            need(type(value) is int and value > 0, name, value, "a whole number above 0")
        need(self.d_head > 0 or self.d_model % self.n_head == 0, "n_head", self.n_head, f"a divisor of d_model = {self.d_model}")
        defaults = {"n_kv_head": self.n_head, "d_ff": 4 * self.d_model, "d_head": self.d_model // self.n_head}
        for name, value in defaults.items():
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
    """The Shape of a ModelConfig, of a published model's name, or of a Hugging Face config (a dict, or a path to its JSON).

    Raises ValueError for a name that is not known (with the near ones), a file that is not there, or a kind of model that
    this room cannot count.
    """
    if isinstance(model, Shape):
        return model
    if isinstance(model, ModelConfig):
        c = model
        return Shape(
            c.vocab_size, c.seq_len, c.n_layer, c.d_model, c.n_head, positions=c.seq_len * (c.position == "learned"), bias=c.bias,
            norm=(1 + c.bias) * (c.norm == "layer"), tied=c.tied, dropout=c.dropout > 0,
        )  # fmt: skip
    if isinstance(model, dict):
        return from_config(model)
    need(isinstance(model, str | Path), "model", model, "a name, a ModelConfig, a Shape or a config.json")
    from labgpt.cost.models import MODELS

    if str(model) in MODELS:
        return MODELS[str(model)].shape
    path = Path(model)
    if path.is_dir():
        path /= "config.json"
    if not path.is_file():
        need(path.suffix != ".json", "model", str(model), "a config.json that is there, or a name; `labgpt cost --list` shows the names")
        known("model", str(model), MODELS)
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"model = {str(path)!r}: not JSON ({error}); allowed is a Hugging Face config.json") from None
    return from_config(fields)


KINDS = ("gpt2", "llama", "mistral", "bert", "roberta")


def from_config(fields: dict) -> Shape:
    """The Shape that a Hugging Face config's fields describe. Raises ValueError for another kind, or a field that is missing."""
    need(isinstance(fields, dict), "config", fields, "an object with the fields of a Hugging Face config.json")
    kind = fields.get("model_type")
    known("model_type", kind, KINDS, "labgpt cost --help")

    def get(name: str) -> int:
        need(type(fields.get(name)) is int, name, fields.get(name), f"a whole number in the config of a {kind} model")
        return fields[name]

    if kind == "gpt2":
        length = get("n_positions")
        return Shape(get("vocab_size"), length, get("n_layer"), get("n_embd"), get("n_head"), d_ff=fields.get("n_inner") or 0,
                     positions=length, bias=True, norm=2, tied=fields.get("tie_word_embeddings", True),
                     dropout=fields.get("resid_pdrop", 0.1) > 0)  # fmt: skip
    table = (get("vocab_size"), get("max_position_embeddings"), get("num_hidden_layers"), get("hidden_size"), get("num_attention_heads"))
    if kind in ("llama", "mistral"):
        for name in ("attention_bias", "mlp_bias"):
            need(not fields.get(name, False), name, fields.get(name), "false: this room counts Llama without biases")
        return Shape(*table, n_kv_head=fields.get("num_key_value_heads") or 0, d_ff=get("intermediate_size"), gated=True, norm=1,
                     d_head=fields.get("head_dim") or 0, tied=fields.get("tie_word_embeddings", False))  # fmt: skip
    length = table[1] - 2 * (kind == "roberta")  # RoBERTa's first two rows stand for padding
    return Shape(table[0], length, *table[2:], d_ff=get("intermediate_size"), positions=table[1], types=fields.get("type_vocab_size", 2),
                 bias=True, norm=2, encoder=True, dropout=fields.get("hidden_dropout_prob", 0.1) > 0)  # fmt: skip
