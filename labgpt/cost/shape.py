"""A transformer's shape, whoever made it: from this lab's ModelConfig, a published name, or a file."""
import json
from pathlib import Path

from labgpt.cost.check import known, need
from labgpt.cost.dimensions import Shape
from labgpt.cost.models import MODELS
from labgpt.spec import ModelConfig, RunSpec


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
