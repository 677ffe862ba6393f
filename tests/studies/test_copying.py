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


def test_no_model_that_a_law_was_fitted_to_copies():
    saved = {m["run_id"]: m["first"] - m["second"] for m in MODELS}
    assert max(abs(saved[m["run_id"]]) for m in MODELS if not m["forecast"]) < 0.1
    assert min(saved[m["run_id"]] for m in MODELS if m["forecast"] and m["flops"] > 6e13) > 0.2
