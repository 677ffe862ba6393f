"""Memory, network and energy: by hand, and against published figures."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labgpt import cost
from labgpt.spec import ModelConfig

SMALL = ModelConfig(256, 128, 2, 16, 1)  # 14,336 parameters, 6,144 of them in the blocks


def test_weights_gradients_and_moments():
    adamw, muon = cost.memory(SMALL, 1, "adamw"), cost.memory(SMALL, 1, "muon")
    assert adamw.weights == adamw.gradients == 4 * 14_336
    assert adamw.optimizer == 8 * 14_336
    assert muon.optimizer == adamw.optimizer - 4 * 6144
    assert muon.total == muon.weights + muon.gradients + muon.optimizer + muon.activations


@given(st.integers(1, 512))
def test_activations_grow_with_the_batch_and_nothing_else_does(batch):
    one, many = cost.memory(SMALL, 1), cost.memory(SMALL, batch)
    assert many.activations == batch * one.activations
    assert many.total - many.activations == one.total - one.activations


@pytest.mark.parametrize(("world", "ring", "tree"), [(1, 0, 0), (2, 1000, 1000), (4, 1500, 2000), (8, 1750, 3000)])
def test_bytes_sent_by_hand(world, ring, tree):
    assert cost.ring_all_reduce_bytes(1000, world) == ring
    assert cost.tree_all_reduce_bytes(1000, world) == tree


@given(st.integers(1, 10**9), st.integers(2, 4096))
def test_ring_stays_below_twice_the_gradient(n, world):
    assert n <= cost.ring_all_reduce_bytes(n, world) < 2 * n
    # W ranks, 2 (W - 1) steps, a W-th of the gradient each
    assert cost.ring_all_reduce_bytes(n, world) * world == pytest.approx(2 * (world - 1) * n)


def test_ring_time_is_latency_and_bandwidth():
    # 4 ranks, 8 MB at 1 GB/s: 6 messages of 2 MB, 2 ms each, and 6 latencies of 50 µs
    assert cost.ring_all_reduce_seconds(8e6, 4, latency=50e-6, bandwidth=1e9) == pytest.approx(0.0123)
    assert cost.ring_all_reduce_seconds(8e6, 1, latency=50e-6, bandwidth=1e9) == 0


@pytest.mark.parametrize(("gpu_hours", "grid", "tonnes"), [(184_320, 423.5, 31.22), (1_720_320, 423.5, 291.42)])
def test_llama_2_carbon_as_published(gpu_hours, grid, tonnes):
    kwh = cost.energy_kwh(gpu_hours * 3600, watts=400)
    assert cost.carbon_kg(kwh, grid) / 1000 == pytest.approx(tonnes, abs=0.01)


def test_gpt_3_energy_from_its_inputs():
    # 10,000 V100 for 14.8 days at 330 W and PUE 1.10; published 1287 MWh, the inputs give 1289.4
    assert cost.energy_kwh(14.8 * 86_400, 10_000 * 330, pue=1.10) / 1000 == pytest.approx(1289.4, abs=0.1)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: cost.memory(SMALL, 0), "batch_size = 0: allowed is 1 or more"),
    (lambda: cost.memory(SMALL, 1, "lion"), "optimizer = 'lion': allowed is muon, adamw"),
    (lambda: cost.ring_all_reduce_bytes(-1, 2), "n_bytes = -1"),
    (lambda: cost.ring_all_reduce_bytes(1, 0), "world_size = 0"),
    (lambda: cost.tree_all_reduce_bytes(1, 3), "world_size = 3: allowed is 1, 2, 4, 8"),
    (lambda: cost.ring_all_reduce_seconds(1, 2, 0, 0), "bandwidth = 0"),
    (lambda: cost.energy_kwh(1, 1, pue=0.9), "pue = 0.9"),
    (lambda: cost.carbon_kg(-1, 400), "kwh = -1"),
])
def test_wrong_input_is_told(call, message):
    with pytest.raises(ValueError, match=message) as told:
        call()
    assert "\n" not in str(told.value)
