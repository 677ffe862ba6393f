"""GPT-2's block against transformers' own, and its weights in and out."""

import dataclasses
import json

import pytest
import torch

from labgpt import cost
from labgpt.model import GPT, generate, gpt2
from labgpt.spec import GPT2, ModelConfig

SMALL = ModelConfig(vocab_size=97, seq_len=32, n_layer=3, d_model=48, n_head=4, **GPT2)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    hf = pytest.importorskip("transformers", reason="pip install -e .[hf]")
    torch.manual_seed(0)
    fields = {theirs: getattr(SMALL, ours) for theirs, ours in gpt2.SHAPE.items()}
    model = hf.GPT2LMHeadModel(hf.GPT2Config(**fields, bos_token_id=0, eos_token_id=0)).eval()
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.1 * torch.randn_like(p))
    folder = tmp_path_factory.mktemp("hf")
    model.save_pretrained(folder)
    return model, folder


@torch.no_grad()
def test_logits_are_transformers_own(theirs):
    ids = torch.randint(97, (3, 32), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(gpt2.read(theirs[1])(ids), theirs[0](ids).logits, rtol=0, atol=1e-4)


@torch.no_grad()
def test_what_we_write_transformers_reads(theirs, tmp_path):
    import transformers

    model = gpt2.read(theirs[1])
    gpt2.write(model, tmp_path)
    again = transformers.GPT2LMHeadModel.from_pretrained(tmp_path).eval()
    ids = torch.randint(97, (2, 32), generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(again(ids).logits, theirs[0](ids).logits, rtol=0, atol=1e-5)


def test_greedy_text_is_transformers_own(theirs):
    prompt = torch.tensor([[5, 6, 7]])
    with torch.no_grad():
        text = theirs[0].generate(prompt, max_new_tokens=20, do_sample=False, pad_token_id=0, eos_token_id=None)
    assert generate(gpt2.read(theirs[1]), [5, 6, 7], 20, temperature=0) == text[0, 3:].tolist()


@pytest.mark.parametrize("shape, total", [
    ((12, 768, 12), 124_439_808), ((24, 1024, 16), 354_823_168), ((36, 1280, 20), 774_030_080), ((48, 1600, 25), 1_557_611_200),
])  # fmt: skip
def test_published_parameter_counts(shape, total):
    layers, d, heads = shape
    assert cost.parameters(ModelConfig(50257, 1024, layers, d, heads, **GPT2)).total == total


def test_there_and_back_is_the_same_model(tmp_path):
    model = GPT(SMALL, seed=1)
    gpt2.write(model, tmp_path)
    again = gpt2.read(tmp_path)
    assert again.config == SMALL and all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))


def test_a_folder_that_does_not_fit_is_told(tmp_path):
    with pytest.raises(ValueError, match="no config.json"):
        gpt2.read(tmp_path)
    gpt2.write(GPT(SMALL), tmp_path)
    fields = json.loads((tmp_path / "config.json").read_text())
    for change, words in (({"n_embd": 52}, "wte.weight: shape"), ({"n_layer": 4}, "h.3.ln_1.weight: not among"),
                          ({"activation_function": "relu"}, "activation_function = 'relu'"), ({"n_head": "4"}, "n_head"),
                          ({"n_inner": 7}, "n_inner = 7")):  # fmt: skip
        (tmp_path / "config.json").write_text(json.dumps(fields | change))
        with pytest.raises(ValueError, match=words):
            gpt2.read(tmp_path)


def test_another_block_has_no_gpt2_weights():
    with pytest.raises(ValueError, match="norm = 'rms'"):
        gpt2.to_tensors(GPT(dataclasses.replace(SMALL, norm="rms")))
