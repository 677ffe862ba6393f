"""The door: every wrong field is told in one line; a spec survives JSON; its hashes mean what they say."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labgpt.spec import SIZES, ModelConfig, RunSpec, derivation, derive, replace

WRONG = {
    "d_model": {"d_model": 0}, "n_head": {"n_head": 3}, "vocab_size": {"vocab_size": 300}, "seq_len": {"seq_len": 65},
    "n_layer": {"n_layer": -1}, "corpus": {"corpus": "the-pile"}, "tokenizer": {"tokenizer": "words"},
    "unique_tokens": {"unique_tokens": 10}, "val_tokens": {"val_tokens": 0}, "optim.name": {"name": "sgd"},
    "lr_matrix": {"lr_matrix": -0.1}, "lr_head": {"lr_head": float("nan")}, "beta1": {"beta1": 1.0},
    "copied_tokens": {"copied_tokens": 640, "unique_tokens": 320}, "copies": {"copies": 0}, "noise": {"noise": 1.0},
    "noise_in": {"noise_in": "words"}, "other_share": {"other": "zipf-dialect", "other_share": 1.0}, "other": {"other": "zipf-dialect"},
    "a generated corpus": {"other": "pysource", "other_share": 0.5},
    "weight_decay": {"weight_decay": -1.0}, "budgets": {"budgets": ()}, "ascending": {"budgets": (4096, 4096)},
    "at least one batch": {"budgets": (100,)}, "warmup_steps": {"warmup_steps": -1}, "cooldown": {"cooldown": 1.1},
    "shape": {"shape": "square"}, "batch_size": {"batch_size": 0}, "seed": {"seed": -1}, "precision": {"precision": "fp8"},
    "world_size": {"world_size": 5}, "reduction": {"reduction": "star"}, "microshards": {"reduction": "tree", "microshards": 3},
    "strategy": {"strategy": "magic"}, "threads": {"threads": 0}, "device": {"device": "abacus"},
}  # fmt: skip


@pytest.mark.parametrize("field", WRONG)
def test_a_wrong_field_is_one_line(field):
    with pytest.raises(ValueError) as error:
        replace(derive(16), **WRONG[field])
    said = str(error.value)
    assert "\n" not in said and "allowed" in said and field in said


def test_an_unknown_field_is_named():
    with pytest.raises(ValueError, match="colour.*not a field"):
        replace(derive(), colour="red")
    raw = json.loads(derive().to_json())
    raw["science"]["optim"]["colour"] = "red"
    with pytest.raises(ValueError, match="optim.*colour.*allowed"):
        RunSpec.from_json(json.dumps(raw))


@pytest.mark.parametrize("text, words", [("{", "not JSON"), ("[]", "object"), ('{"science": 3}', "science"),
                                         ('{"execution": {"world_size": "two"}}', "world_size.*int")])
def test_a_spec_that_cannot_be_read_is_told(text, words):
    with pytest.raises(ValueError, match=words):
        RunSpec.from_json(text)


specs = st.builds(
    lambda d, seed, steps, w, how: derive(d, budgets=(2048 * steps, 4096 * steps), seed=seed, world_size=w, reduction=how),
    st.sampled_from(SIZES), st.integers(0, 2**32 - 1), st.integers(1, 1000), st.sampled_from((1, 2, 4)), st.sampled_from(("ring", "tree")))


@given(specs)
def test_a_spec_survives_json(spec):
    again = RunSpec.from_json(spec.to_json())
    assert again == spec and again.run_id == spec.run_id


@given(specs)
def test_science_and_execution_are_hashed_apart(spec):
    moved = replace(spec, threads=spec.execution.threads + 1)
    assert moved.spec_id == spec.spec_id and moved.run_id != spec.run_id
    other = replace(spec, seed=(spec.science.seed + 1) % 2**32)
    assert other.spec_id != spec.spec_id and other.run_id != spec.run_id


def test_nothing_can_be_changed_in_place():
    with pytest.raises(dataclasses.FrozenInstanceError):
        derive().science.model.d_model = 32


def test_the_ladder_is_the_documented_one():
    shapes = {d: (m.n_layer, m.n_head) for d in SIZES for m in [derive(d).science.model]}
    assert shapes == {16: (2, 1), 24: (2, 1), 32: (3, 1), 48: (3, 2), 64: (4, 2), 96: (4, 3), 128: (5, 4)}
    assert all(derive(d).science.tokens_per_step == 2048 for d in SIZES)


@given(st.integers(8, 4096))
def test_a_width_splits_into_even_heads_or_is_refused_with_one_that_does(d_model):
    try:
        model = derive(d_model).science.model
    except ValueError as error:
        assert derive(int(str(error).split("try ")[1])).science.model.d_model % 16 == 0
    else:
        width = d_model / model.n_head
        assert width == int(width) and width % 2 == 0 and 8 <= width <= (32 if d_model < 256 else 64)


def test_the_derivation_states_the_values_derived():
    spec = derive(48, lr_head=0.123, cooldown=0.3)
    told = dict(line.split()[:2] for line in derivation(spec).splitlines())
    m, o = spec.science.model, spec.science.optim
    values = {"n_layer": m.n_layer, "n_head": m.n_head, "batch_size": 32, "lr_matrix": o.lr_matrix, "lr_embed": o.lr_embed,
              "lr_head": 0.123, "momentum": o.momentum, "weight_decay": 0.0, "cooldown": 0.3}
    assert {name: float(v) for name, v in told.items()} == values


def test_rotary_positions_need_pairs():
    with pytest.raises(ValueError, match="even"):
        ModelConfig(d_model=18, n_head=6)
