"""GPT-2's published weights in and out: a Hugging Face folder (config.json, model.safetensors) <-> this lab's GPT.

Hugging Face stores these matrices input-first ("Conv1D"), torch's Linear output-first: they are transposed on the way.
"""

import json
from pathlib import Path

from safetensors.torch import load_file, save
from torch import Tensor

from labgpt.record import write_atomic
from labgpt.spec import GPT2, ModelConfig

from .gpt import GPT

TABLES = {"wte.weight": "embed.weight", "wpe.weight": "position.weight", "ln_f.weight": "norm.weight", "ln_f.bias": "norm.bias"}
LAYERS = {"ln_1": "norm_attention", "ln_2": "norm_mlp", "attn.c_attn": "qkv", "attn.c_proj": "out", "mlp.c_fc": "up", "mlp.c_proj": "down"}
SHAPE = {"vocab_size": "vocab_size", "n_positions": "seq_len", "n_layer": "n_layer", "n_embd": "d_model", "n_head": "n_head"}
MUST = {"activation_function": "gelu_new", "model_type": "gpt2", "tie_word_embeddings": True, "scale_attn_weights": True}


def config(fields: dict) -> ModelConfig:
    """The ModelConfig of a GPT-2 config.json. Raises ValueError for another kind of model."""
    missing = [name for name in SHAPE if not isinstance(fields.get(name), int)]
    wrong = [name for name, value in MUST.items() if fields.get(name, value) != value]
    if missing or wrong:
        name = (missing + wrong)[0]
        raise ValueError(f"{name} = {fields.get(name)!r}: allowed is a GPT-2 config ({MUST.get(name, 'a whole number')!r})")
    if fields.get("n_inner") not in (None, 4 * fields["n_embd"]):
        raise ValueError(f"n_inner = {fields['n_inner']}: allowed is 4 · n_embd = {4 * fields['n_embd']}")
    return ModelConfig(**{ours: fields[theirs] for theirs, ours in SHAPE.items()}, **GPT2)


def names(n_layer: int) -> dict[str, tuple[str, bool]]:
    """Their tensor's name -> (ours, whether it is transposed)."""
    found = {theirs: (ours, False) for theirs, ours in TABLES.items()}
    for i in range(n_layer):
        for theirs, ours in LAYERS.items():
            for part in ("weight", "bias"):
                turned = part == "weight" and not theirs.startswith("ln")
                found[f"h.{i}.{theirs}.{part}"] = (f"blocks.{i}.{ours}.{part}", turned)
    return found


def from_tensors(model_config: ModelConfig, tensors: dict[str, Tensor]) -> GPT:
    """The GPT with these weights. Raises ValueError naming a tensor that is missing or has another shape."""
    model, plain = GPT(model_config), {name.removeprefix("transformer."): t for name, t in tensors.items()}
    state = model.state_dict()
    for theirs, (ours, turned) in names(model_config.n_layer).items():
        if theirs not in plain:
            raise ValueError(f"{theirs}: not among the weights; allowed are GPT-2's, {len(state)} tensors")
        tensor = plain[theirs].t() if turned else plain[theirs]
        if tensor.shape != state[ours].shape:
            raise ValueError(f"{theirs}: shape {tuple(tensor.shape)}; allowed is {tuple(state[ours].shape)}, as config.json says")
        state[ours] = tensor.float().contiguous()
    model.load_state_dict(state)
    return model


def to_tensors(model: GPT) -> dict[str, Tensor]:
    """The weights under Hugging Face's names. Raises ValueError where the block is not GPT-2's."""
    different = [name for name, value in GPT2.items() if getattr(model.config, name) != value and name != "init"]
    if different:
        raise ValueError(f"{different[0]} = {getattr(model.config, different[0])!r}: allowed is {GPT2[different[0]]!r}, GPT-2's")
    state = model.state_dict()
    return {
        theirs: (state[ours].t() if turned else state[ours]).contiguous().clone()
        for theirs, (ours, turned) in names(model.config.n_layer).items()
    }


def read(folder: str | Path) -> GPT:
    """The GPT-2 in a folder as Hugging Face writes it. Raises ValueError where a file is missing or does not fit."""
    folder = Path(folder)
    for name in ("config.json", "model.safetensors"):
        if not (folder / name).is_file():
            raise ValueError(f"folder = {str(folder)!r}: no {name}; allowed is a folder as transformers' save_pretrained writes it")
    fields = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return from_tensors(config(fields), load_file(folder / "model.safetensors")).eval()


def write(model: GPT, folder: str | Path) -> None:
    """Write config.json and model.safetensors, so that transformers' GPT2LMHeadModel.from_pretrained(folder) reads them."""
    fields = {theirs: getattr(model.config, ours) for theirs, ours in SHAPE.items()}
    fields |= MUST | {"architectures": ["GPT2LMHeadModel"], "layer_norm_epsilon": 1e-5}
    tensors = {f"transformer.{name}": t for name, t in to_tensors(model).items()}
    write_atomic(Path(folder) / "model.safetensors", save(tensors, metadata={"format": "pt"}))
    write_atomic(Path(folder) / "config.json", json.dumps(fields, indent=1) + "\n")
