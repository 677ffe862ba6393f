"""Any model's shape: from a config file, from transformers' own module, and what is refused."""
import dataclasses
import json
import random

import pytest

from labgpt import cost
from labgpt.spec import GPT2, ModelConfig

LLAMA = {"model_type": "llama", "vocab_size": 32000, "max_position_embeddings": 4096, "num_hidden_layers": 32, "hidden_size": 4096,
         "num_attention_heads": 32, "num_key_value_heads": 32, "intermediate_size": 11008, "tie_word_embeddings": False}  # fmt: skip
BERT = {"model_type": "bert", "vocab_size": 30522, "max_position_embeddings": 512, "num_hidden_layers": 12, "hidden_size": 768,
        "num_attention_heads": 12, "intermediate_size": 3072, "type_vocab_size": 2}  # fmt: skip
SMALL = {"model_type": "gpt2", "vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_layer": 12, "n_head": 12}
FILES = {"llama-2-7b": LLAMA, "bert-base": BERT, "gpt2": SMALL}


@pytest.mark.parametrize("name", FILES)
def test_a_config_file_counts_as_the_published_name(name, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(FILES[name]))
    for model in (FILES[name], tmp_path, tmp_path / "config.json", str(tmp_path / "config.json")):
        assert cost.shape(model) == cost.shape(name)


def test_gpt2_as_this_lab_builds_it_is_the_published_one():
    ours = ModelConfig(50257, 1024, 12, 768, 12, **GPT2)
    assert dataclasses.replace(cost.shape(ours), dropout=True) == cost.shape("gpt2")
    assert cost.flops(ours) == cost.flops("gpt2")


def test_grouped_queries_and_gates_by_hand():
    # d 8, 4 heads of 2, 2 of keys: q 64, k and v 32 each, output 64; gate, up, down 3 · 8 · 12 = 288
    s = cost.Shape(10, 4, 1, 8, 4, n_kv_head=2, d_ff=12, gated=True, norm=1)
    n = cost.parameters(s)
    assert (n.nonembedding, n.total) == (64 + 2 * 32 + 64 + 288 + 2 * 8, 496 + 8 + 2 * 80)
    f = cost.flops(s, 4, "full").forward_per_token
    assert (f["qkv"], f["scores"], f["mlp"]) == (2 * 128, 2 * 8 * 4, 2 * 288)


def test_the_largest_batch_fits_and_one_row_more_does_not():
    for settings in ({}, {"recompute": "selective"}, {"recompute": "full"}):
        room = cost.DEVICES["a100"].memory
        rows = cost.largest_batch("gpt2-xl", room, **settings)
        assert rows >= 1 and cost.memory("gpt2-xl", rows, **settings).total <= room < cost.memory("gpt2-xl", rows + 1, **settings).total
    assert cost.largest_batch("llama-2-7b", 80e9) == 0
    assert cost.largest_batch("llama-2-7b", 80e9, recompute="selective", zero=3, ranks=8) > 0


def test_splitting_never_adds_memory():
    whole = cost.memory("gpt3-175b", 1).total
    for settings in ({"zero": 1, "ranks": 8}, {"zero": 3, "ranks": 8}, {"tensor": 8}, {"pipeline": 8}, {"recompute": "full"}):
        assert cost.memory("gpt3-175b", 1, **settings).total < whole




@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["gpt2", "llama", "bert", "roberta"])
def test_parameters_are_those_of_transformers(kind, seed):
    transformers = pytest.importorskip("transformers")
    draw = random.Random(f"{kind}{seed}")
    heads = draw.choice([2, 4])
    d, layers, vocab = heads * 2 * draw.randint(2, 8), draw.randint(1, 3), draw.randint(50, 200)
    if kind == "gpt2":
        config = transformers.GPT2Config(vocab_size=vocab, n_positions=32, n_embd=d, n_layer=layers, n_head=heads)
        model = transformers.GPT2LMHeadModel(config)
    else:
        shared = {"vocab_size": vocab, "hidden_size": d, "num_hidden_layers": layers, "num_attention_heads": heads,
                  "intermediate_size": 3 * d, "max_position_embeddings": 40}  # fmt: skip
        if kind == "llama":
            config = transformers.LlamaConfig(**shared, num_key_value_heads=draw.choice([1, 2]), tie_word_embeddings=draw.random() < 0.5)
            model = transformers.LlamaForCausalLM(config)
        else:
            config = {"bert": transformers.BertConfig, "roberta": transformers.RobertaConfig}[kind](**shared)
            model = transformers.AutoModel.from_config(config)
    assert cost.parameters(config.to_dict()).total == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(("call", "message"), [
    (lambda: cost.parameters("gpt2-xxl"), "near: gpt2-xl"),
    (lambda: cost.price("gpt2", device="h10"), "device = 'h10': allowed is one of 9 names \\(near: h100"),
    (lambda: cost.shape("no/config.json"), "config.json that is there"),
    (lambda: cost.shape({"model_type": "mamba"}), "model_type = 'mamba'"),
    (lambda: cost.shape({"model_type": "llama"}), "vocab_size = None"),
    (lambda: cost.shape(LLAMA | {"attention_bias": True}), "attention_bias = True"),
    (lambda: cost.shape(3), "model = 3"),
    (lambda: cost.shape(LLAMA | {"num_attention_heads": 30}), "n_head = 30: allowed is a divisor of d_model = 4096"),
    (lambda: cost.shape(LLAMA | {"num_key_value_heads": 5}), "n_kv_head = 5: allowed is a divisor of n_head"),
    (lambda: cost.flops("bert-base", attention="causal"), "attention = 'causal': allowed is full"),
    (lambda: cost.memory("gpt2", tensor=24), "tensor = 24: allowed is at most n_head = 12"),
    (lambda: cost.memory("gpt2", tensor=5), "tensor = 5: allowed is a divisor"),
    (lambda: cost.memory("gpt2", pipeline=7), "pipeline = 7: allowed is a divisor of n_layer = 12"),
    (lambda: cost.memory("gpt2", zero=4), "zero = 4"),
    (lambda: cost.memory("gpt2", optimizer="muon"), "optimizer = 'muon': allowed is adamw"),
    (lambda: cost.memory("gpt2", recompute="some"), "recompute = 'some': allowed is none, selective, full"),
    (lambda: cost.memory(ModelConfig(), tensor=2), "labgpt.cost.shape\\(model\\)"),
    (lambda: cost.price("gpt2", tokens=-1), "tokens = -1"),
    (lambda: cost.price("gpt2", tokens=float("inf")), "tokens = inf"),
    (lambda: cost.price("gpt2", tokens=float("nan")), "tokens = nan"),
    (lambda: cost.price("gpt2", pue=float("inf")), "pue = inf"),
    (lambda: cost.shape(LLAMA | {"head_dim": "64"}), "d_head = '64'"),
    (lambda: cost.shape(LLAMA | {"head_dim": -4}), "d_head = -4"),
    (lambda: cost.shape(LLAMA | {"num_key_value_heads": 2.5}), "n_kv_head = 2.5"),
    (lambda: cost.shape([]), "model = \\[\\]"),
    (lambda: cost.price("gpt2", gpus=0), "gpus = 0"),
    (lambda: cost.price("gpt2", mfu=1.2), "mfu = 1.2: allowed is a share"),
    (lambda: cost.price("gpt2", mfu=0), "mfu = 0: allowed is a share"),
    (lambda: cost.price("gpt2", pue=0.5), "pue = 0.5: allowed is 1 or more"),
    (lambda: cost.price("gpt2", region="FRANCE"), "region = 'FRANCE': allowed is one of 9 names \\(near: FR"),
    (lambda: cost.affordable(-1), "flop, tokens_per_weight = "),
    (lambda: cost.seconds(1, 1, 1, 0), "mfu = 0"),
])
def test_wrong_input_is_told(call, message):
    with pytest.raises(ValueError, match=message) as told:
        call()
    assert "\n" not in str(told.value)


def test_a_file_that_is_not_json_is_named(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match="not JSON"):
        cost.shape(tmp_path)


def test_what_is_not_said_is_a_range_and_what_is_said_is_not():
    open_, stated = cost.price("gpt2", 1e9), cost.price("gpt2", 1e9, mfu=0.4, pue=1.1, watts=500, dollars_per_hour=2.0)
    for name in ("days", "dollars", "kwh", "co2_kg"):
        (low, high), (one, same) = getattr(open_, name), getattr(stated, name)
        assert low < high and one == same
    assert stated.dollars[0] == pytest.approx(2.0 * stated.device_hours[0])
    assert stated.kwh[0] == pytest.approx(stated.device_hours[0] * 0.5 * 1.1)
    assert stated.device_hours[0] * 3600 == pytest.approx(stated.flops / (0.4 * 989e12))
    assert json.loads(json.dumps(vars(stated)))["gpus"] == 1
    assert cost.price("gpt2", device="v100").dollars is None and "no price known" in cost.table(cost.price("gpt2", device="v100"))


def test_a_budget_buys_n_and_d():
    n, d = cost.affordable(5.88e23)  # Chinchilla's own: 70B parameters, 1.4T tokens
    assert n == pytest.approx(70e9, rel=0.001) and d == pytest.approx(1.4e12, rel=0.001) and 6 * n * d == pytest.approx(5.88e23)
