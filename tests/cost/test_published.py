"""Published figures: parameters, FLOPs, memory, time, energy. Integers exact, the rest to the printed digits."""
import math
import time

import pytest

from labgpt import cost
from labgpt.spec import GPT2, ModelConfig

PARAMETERS = {
    "gpt2": 124_439_808, "gpt2-medium": 354_823_168, "gpt2-large": 774_030_080, "gpt2-xl": 1_557_611_200,
    "gpt3-small": 125_226_240, "gpt3-6.7b": 6_658_404_352, "gpt3-175b": 174_604_259_328,
    "bert-base": 109_482_240, "bert-large": 335_141_888, "roberta-base": 124_645_632, "roberta-large": 355_359_744,
    "llama-2-7b": 6_738_415_616, "llama-2-13b": 13_015_864_320, "llama-2-70b": 68_976_648_192,
    "llama-3-8b": 8_030_261_248, "llama-3-70b": 70_553_706_496, "llama-3-405b": 405_853_388_800, "mistral-7b": 7_241_732_096,
}  # fmt: skip


def test_parameters_of_every_published_model():
    assert {name: cost.parameters(name).total for name in cost.MODELS} == PARAMETERS


def test_gpt2_without_biases():
    free = cost.parameters(ModelConfig(50257, 1024, 12, 768, 12, **GPT2 | {"bias": False}))
    assert free.total == 124_337_664
    # PaLM's formula takes what multiplies or shifts a token: all but the positions' table
    assert cost.palm_flops(free.total - 1024 * 768, 12, 768, 1024) * 1024 == 875_062_886_400


def test_flops_of_gpt2():
    f = cost.flops("gpt2", 1024, "full")
    assert (f.forward * 1024, f.train * 1024) == (291_648_307_200, 874_944_921_600)


@pytest.mark.parametrize(("n", "tokens", "said"), [
    (PARAMETERS["gpt3-175b"], 300e9, "3.14e+23"), (280e9, 300e9, "5.04e+23"), (70e9, 1.4e12, "5.88e+23"), (405e9, 15.6e12, "3.79e+25"),
])
def test_compute_by_six_n_d(n, tokens, said):
    assert f"{6 * n * tokens:.2e}" == said


def test_exact_compute_lies_above_six_n_d_by_what_attention_takes():
    for name in ("gpt3-175b", "llama-3-405b"):
        model = cost.MODELS[name]
        above = cost.training_flops(name, model.tokens) / (6 * PARAMETERS[name] * model.tokens)
        assert 1 < above < 1.05


def test_mfu_of_palm():
    per_token = cost.palm_flops(540.35e9, 118, 48 * 256, 2048)
    assert round(cost.mfu(per_token, 238.3e3, 6144 * cost.DEVICES["tpu-v4"].peak), 3) == 0.462


@pytest.mark.parametrize(("n", "tokens", "gpus", "each", "days"), [(175e9, 300e9, 1024, 140e12, 33.9), (1e12, 450e9, 3072, 163e12, 83.2)])
def test_megatron_s_days(n, tokens, gpus, each, days):
    assert round(cost.seconds(8 * tokens * n, gpus, each) / 86_400, 1) == days


def test_adam_takes_16_bytes_a_weight_or_18():
    assert sum(cost.model_states(1.0)) == 16 and sum(cost.model_states(1.0, gradient_bytes=4)) == 18


@pytest.mark.parametrize(("zero", "gigabytes"), [(0, 120), (1, 31.41), (2, 16.64), (3, 1.875)])
def test_zero_at_7_5_billion(zero, gigabytes):
    held = sum(cost.model_states(7.5e9, zero, 64)) / 1e9
    assert round(held, len(str(gigabytes).partition(".")[2])) == gigabytes


@pytest.mark.parametrize(("settings", "gigabytes"), [
    ({}, 2.869), ({"tensor": 8}, 0.579), ({"tensor": 8, "sequence_parallel": True}, 0.359),
    ({"tensor": 8, "sequence_parallel": True, "recompute": "selective"}, 0.107), ({"tensor": 8, "recompute": "full"}, 0.050),
])
def test_activations_of_a_gpt3_layer(settings, gigabytes):
    one = cost.layer_activations(cost.shape("gpt3-175b"), 1, 2048, **settings)
    assert round(one / 1e9, 3) == gigabytes
    if not settings:
        assert one == 2048 * 12288 * (34 + 5 * 96 * 2048 / 12288)


def test_bytes_sent_and_bubbles():
    assert cost.zero_sent_elements(1e9, 64) == cost.ring_all_reduce_bytes(1e9, 64) == cost.zero_sent_elements(1e9, 64, 2)
    assert cost.zero_sent_elements(1e9, 64, 3) == pytest.approx(3e9, rel=1 / 63)
    assert [round(cost.pipeline_bubble(*pm), 4) for pm in ((4, 8), (8, 64))] == [0.2727, 0.0986]


INPUTS = {"GPT-3": (1289.4, 553.1), "LLaMA-65B": (449.8, 173.2), "BLOOM, LLaMA's method": (476.5, 183.4),
          "BLOOM, its authors": (433.2, 24.7), "Llama-2-13B": (147.5, 62.45)}  # fmt: skip


@pytest.mark.parametrize("name", cost.TRAININGS)
def test_energy_and_carbon_of_published_runs(name):
    run, found = cost.TRAININGS[name], cost.TRAININGS[name].again
    for value, published in ((found.kwh / 1000, run.mwh), (found.kg / 1000, run.tonnes)):
        # within .4 %, or the published figure is the value cut or rounded to its digits (36.27 -> 36)
        step = 10.0 ** -len(f"{published:g}".partition(".")[2])
        assert abs(value / published - 1) <= 0.004 or round(published / step) in (math.floor(value / step), round(value / step)), name
        assert abs(value / published - 1) < 0.01
    if name in INPUTS:
        mwh, tonnes = INPUTS[name]
        assert (round(found.kwh / 1000, 1), round(found.kg / 1000, len(f"{tonnes:g}".partition(".")[2]))) == (mwh, tonnes)


def test_the_same_bloom_at_183_and_at_25_tonnes_is_the_grid():
    first, second = cost.TRAININGS["BLOOM, LLaMA's method"].again, cost.TRAININGS["BLOOM, its authors"].again
    parts = cost.factors(first, second)
    assert math.prod(parts.values()) == pytest.approx(second.kg / first.kg)
    assert parts["grid"] == pytest.approx(57 / 385) and parts["building"] == pytest.approx(1 / 1.1)
    assert parts["devices"] == pytest.approx(1, abs=1e-3)  # both take hours · 400 W: 433,196 kWh is no meter's reading
    assert round(second.kwh) == 433_196


def test_grids_are_those_of_2023():
    assert cost.energy(1000, 1000, region="fr").kg == 56.0 and cost.energy(1, 1000, region=57).grams_per_kwh == 57
    assert cost.GRIDS == {"US": 369.5, "FR": 56.0, "DE": 381.0, "SE": 40.7, "IN": 713.4, "PL": 661.9, "CN": 582.3, "GB": 237.6,
                          "world": 475.0}  # fmt: skip


def test_every_row_of_the_tables_has_its_source():
    assert all(m.source for m in cost.MODELS.values()) and all(d.source for d in cost.DEVICES.values())
    assert all(bool(d.priced) == (d.price is not None) for d in cost.DEVICES.values())
    assert all(t.source for t in cost.TRAININGS.values())


@pytest.mark.parametrize("ask", [
    lambda: cost.parameters("llama-3-405b"), lambda: cost.flops("gpt3-175b", 2048), lambda: cost.energy(1000, 400, 1.1, "FR"),
    lambda: cost.memory("llama-2-70b", 4, zero=3, ranks=64, tensor=8), lambda: cost.price("llama-3-405b", gpus=16_000),
])
def test_any_single_question_is_answered_within_50_ms(ask):
    began = time.perf_counter()
    ask()
    assert time.perf_counter() - began < 0.05
