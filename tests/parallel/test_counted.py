"""A step's collectives, counted up to 4096 ranks in one process, against the closed forms that cost/ predicts with."""

import importlib.util
import math
from pathlib import Path

import pytest
import torch.distributed as dist

from labgpt import cost
from labgpt.model import GPT
from labgpt.parallel import by_hand, ranks
from labgpt.spec import derive

spec = importlib.util.spec_from_file_location("fake_ranks", Path(__file__).with_name("fake_ranks.py"))
fake_ranks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fake_ranks)
alone, count = fake_ranks.alone, fake_ranks.count

NARROW = {"name": "adamw", "seq_len": 16, "n_layer": 3}


def counted(strategy: str, world_size: int, d_model: int = 32, **how):
    spec = derive(d_model, world_size=world_size, strategy=strategy, **NARROW | {"batch_size": world_size} | how)
    return count(spec), spec.science.model


@pytest.mark.parametrize("world_size", [2, 64, 4096])
def test_ddp_sends_one_gradient_round_the_ring(world_size):
    """And nothing else: the rotary table, a buffer, is the same on all."""
    found, c = counted("ddp", world_size)
    gradient = 4 * cost.parameters(c).total
    assert found["calls"] == [{"op": "all_reduce", "n_bytes": gradient, "ranks": world_size, "times": 1}]  # one bucket on a CPU
    ring = cost.ring_all_reduce_bytes(gradient, world_size)
    assert found["sent_bytes"] == ring == 4 * cost.zero_sent_elements(gradient / 4, world_size)


@pytest.mark.parametrize("world_size", [2, 64, 4096])
def test_diloco_sends_as_much_in_h_steps(world_size):
    rare, c = counted("diloco", world_size, local_steps=50)
    assert rare["sent_bytes"] == cost.ring_all_reduce_bytes(4 * cost.parameters(c).total, world_size) / 50


@pytest.mark.parametrize("world_size", [2, 64, 4096])
def test_fsdp_gathers_blocks_twice_and_tables_once(world_size):
    """ZeRO-3's three rounds less one of the tables, which are kept from forward to backward; each matrix filled up to W rows a share."""
    found, c = counted("fsdp", world_size)

    def filled(rows: int, columns: int) -> int:
        return 4 * world_size * math.ceil(rows / world_size) * columns

    d, tables = c.d_model, 2 * filled(c.vocab_size, c.d_model)
    block = filled(3 * d, d) + filled(d, d) + filled(4 * d, d) + filled(d, 4 * d)
    calls = {(call["op"], call["n_bytes"]): call["times"] for call in found["calls"]}
    assert calls == {("all_gather", tables): 1, ("all_gather", block): 2 * c.n_layer,
                     ("reduce_scatter", tables): 1, ("reduce_scatter", block): c.n_layer}  # fmt: skip
    assert found["sent_bytes"] == pytest.approx((world_size - 1) / world_size * (2 * tables + 3 * c.n_layer * block), rel=1e-12)
    n, once = cost.parameters(c), (world_size - 1) / world_size * 4
    if world_size == 2:  # all come out even: the published form, less a round of the tables
        assert found["sent_bytes"] == 4 * cost.zero_sent_elements(n.total, 2, 3) - once * (n.total - n.nonembedding)
    if world_size == 4096:  # more ranks than rows: most of what is sent is filling
        assert found["sent_bytes"] > 10 * 4 * cost.zero_sent_elements(n.total, 4096, 3)


@pytest.mark.parametrize("world_size", [2, 16])
def test_tensor_parallel_sums_the_stream_four_times_a_layer(world_size):
    """Twice forward and twice backward, of the whole batch's rows: bytes that don't depend on the weights."""
    found, c = counted("tp", world_size, n_head=16, batch_size=8)
    stream = 4 * 8 * c.seq_len * c.d_model
    assert found["calls"] == [{"op": "all_reduce", "n_bytes": stream, "ranks": world_size, "times": 4 * c.n_layer}]
    assert found["sent_bytes"] == 4 * c.n_layer * cost.ring_all_reduce_bytes(stream, world_size)


def test_fsdp_and_tensor_parallel_together_talk_in_their_own_groups():
    found, c = counted("fsdp+tp", 512, n_head=2)
    assert {(call["op"], call["ranks"]) for call in found["calls"]} == {("all_gather", 256), ("reduce_scatter", 256), ("all_reduce", 2)}


def test_zero1_by_hand_sends_what_an_all_reduce_does(world_size=4096):
    science = ranks.science()
    with alone(world_size, rank=7):
        model, line = GPT(science.model, 0), by_hand.Line(7, world_size)
        form = by_hand.Zero1(model, line, ranks.adamw)
        form.step(model(*ranks.tensors(ranks.prepare(science).batch(0, 8))))
    n = cost.parameters(science.model).total  # 22,528: pieces of 5 and 6 numbers
    assert line.messages == 2 * (world_size - 1)
    assert line.bytes == pytest.approx(4 * cost.zero_sent_elements(n, world_size, 1), rel=1e-3)
    assert by_hand.optimizer_bytes(form.optimizer) == 2 * 4 * 6


def test_a_slip_is_one_line_and_leaves_no_group():
    with pytest.raises(ValueError, match="world_size = 5000: allowed is 2 … 4096"), alone(5000):
        pass
    assert not dist.is_initialized()
