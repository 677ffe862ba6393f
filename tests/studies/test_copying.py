"""The exam tells who copies from who doesn't; its table says what the lesson says."""

import json

import pytest
import torch

from labgpt.model import GPT
from labgpt.spec import derive
from labgpt.studies import copying

MODELS = json.loads(copying.TABLE.read_text())["models"]


def repeats(ids):
    """Logits of one who is sure that what stood LETTERS places before comes again."""
    guess = torch.cat([torch.zeros_like(ids[:, : copying.LETTERS - 1]), ids[:, : ids.size(1) - copying.LETTERS + 1]], dim=1)
    return 20.0 * torch.nn.functional.one_hot(guess, 256).float()


def test_who_copies_finds_the_second_easy_and_nobody_else_does():
    copier, untrained = copying.exam(repeats), copying.exam(GPT(derive(16, "pysource").science.model))
    assert copier["second"] < 0.01 and copier["first"] > 10
    assert untrained["first"] == pytest.approx(untrained["second"], abs=0.1)


def test_below_2e13_flops_no_model_copies_and_from_6e13_on_every_one():
    saved = {m["run_id"]: m["first"] - m["second"] for m in MODELS}
    fitted = {name: [saved[m["run_id"]] for m in MODELS if m["corpus"] == name and not m["forecast"]]
              for name in ("pysource", "pysource:packages=1")}  # fmt: skip
    assert len(fitted["pysource"]) == 22 and max(map(abs, fitted["pysource"])) < 0.1
    assert len(fitted["pysource:packages=1"]) == 18 and min(fitted["pysource:packages=1"]) > 0.5
    assert min(saved[m["run_id"]] for m in MODELS if m["forecast"] and m["flops"] > 6e13) > 0.2
