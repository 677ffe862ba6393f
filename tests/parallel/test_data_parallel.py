"""The same run at any world size: bitwise with the tree, within 1e-5 with the ring; and mutants that must not pass."""

import threading

import pytest
import torch

from labgpt import sweep
from labgpt.model import GPT
from labgpt.parallel.data_parallel import Tree, total_loss, tree_sum
from labgpt.spec import derive
from labgpt.tokens import prepare
from labgpt.train.optim import SHARE_FROM

TINY = {"val_tokens": 2048, "warmup_steps": 2, "batch_size": 8}
SPEC = derive(16, budgets=(4096,), **TINY)


class Ranks:
    """W groups whose exchanges meet in this process: what a Tree sees of a process group, without processes."""

    def __init__(self, world_size: int):
        self.boxes, self.barrier, self.world_size = [None] * world_size, threading.Barrier(world_size), world_size

    def group(self, rank: int, send=lambda t: t):
        ranks = self

        class Group:
            world_size = ranks.world_size

            def exchange(self, mine, partner):
                ranks.boxes[rank] = send(mine.clone())
                ranks.barrier.wait()
                theirs = ranks.boxes[partner]
                ranks.barrier.wait()
                return theirs

        Group.rank = rank
        return Group()


def gradient(world_size: int, batch=None, send=lambda t: t, group=None) -> list[torch.Tensor]:
    """Each rank's flat gradient of one step's global batch."""
    data, ranks, found = prepare(SPEC.science), Ranks(world_size), [None] * world_size

    def work(rank: int) -> None:
        model = GPT(SPEC.science.model, seed=0)
        with torch.no_grad():
            for p in model.parameters():  # projections start at zero: give every parameter a gradient
                p.add_(0.05 * torch.randn(p.shape, generator=torch.Generator().manual_seed(p.numel())))
        rows = batch or (lambda rank, start, stop: data.batch(0, 8, start, stop))

        def tensors(start, stop):
            both = torch.from_numpy(rows(rank, start, stop).astype("int64"))
            return both[:, :-1], both[:, 1:]

        loss = Tree(model, (group or ranks.group)(rank, send), 4).backward(tensors, 8)
        found[rank] = torch.cat([loss.view(1), *(p.grad.reshape(-1) for p in model.parameters())])

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(world_size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


@pytest.fixture(scope="module")
def alone():
    return gradient(1)[0]


@pytest.mark.parametrize("world_size", [1, 2, 4])
def test_every_rank_has_the_same_bits_for_every_world_size(alone, world_size):
    assert all(torch.equal(g, alone) for g in gradient(world_size))


def test_it_is_the_gradient_of_the_whole_batch(alone):
    data = prepare(SPEC.science)
    model = GPT(SPEC.science.model, seed=0)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.05 * torch.randn(p.shape, generator=torch.Generator().manual_seed(p.numel())))
    both = torch.from_numpy(data.batch(0, 8).astype("int64"))
    loss = model(both[:, :-1], both[:, 1:])
    loss.backward()
    plain = torch.cat([loss.detach().view(1), *(p.grad.reshape(-1) for p in model.parameters())])
    torch.testing.assert_close(alone, plain, rtol=1e-5, atol=1e-6)


def test_the_tree_has_one_order():
    parts = [torch.tensor([x], dtype=torch.float32) for x in (1e8, 1.0, -1e8, 1.0)]
    assert tree_sum(parts).item() == 0.0  # (1e8 + 1) + (-1e8 + 1) in fp32; from left to right it would be 1


MUTANTS = {
    "data seeded by rank": {"batch": lambda rank, start, stop: prepare(SPEC.science).batch(rank, 8, start, stop)},
    "the other half is never added": {"send": torch.zeros_like},
    "averaged twice": {"send": lambda t: t / 2},
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_broken_reduction_is_caught(alone, mutant):
    assert not all(torch.equal(g, alone) for g in gradient(2, **MUTANTS[mutant]))


def test_a_mean_over_uneven_shards_is_not_the_mean():
    class Whole:
        world_size = 1

        def gather(self, mine):
            return mine

    losses, weights = torch.tensor([1.0, 4.0]), torch.tensor([3.0, 1.0])
    assert total_loss(Whole(), losses, weights) == pytest.approx(1.75) != pytest.approx(losses.mean())


@pytest.fixture(scope="module")
def launched(tmp_path_factory):
    store = tmp_path_factory.mktemp("store")
    return {(how, w): sweep.launch(derive(16, budgets=(2048, 4096), world_size=w, reduction=how, **TINY), store)
            for how, w in (("tree", 1), ("tree", 2), ("tree", 4), ("ring", 2))}


def test_under_torchrun_the_final_weights_are_the_same_bits(launched):
    assert len({launched["tree", w].status()["weights_sha256"] for w in (1, 2, 4)}) == 1
    assert len({tuple(r["val_loss"] for r in launched["tree", w].finished_rows()) for w in (1, 2, 4)}) == 1


def test_the_ring_is_within_1e_5(launched):
    pairs = zip(launched["ring", 2].finished_rows(), launched["tree", 1].finished_rows())
    assert all(abs(a["val_loss"] - b["val_loss"]) < 1e-5 for a, b in pairs)


def test_ranks_that_share_muon_s_work_stay_within_1e_5(tmp_path):
    """From width SHARE_FROM on; the results of their shares cross besides the gradient, in equal halves."""
    one, two = (sweep.launch(derive(SHARE_FROM, budgets=(2048, 4096), world_size=w, **TINY), tmp_path) for w in (1, 2))
    rows = one.finished_rows(), two.finished_rows()
    assert all(abs(a["val_loss"] - b["val_loss"]) < 1e-5 for a, b in zip(*rows, strict=True))
    model = derive(SHARE_FROM).science.model
    matrices = 4 * 12 * model.n_layer * model.d_model**2
    assert 2 * 4 * rows[1][-1]["n_total"] + matrices <= two.status()["loopback_bytes_per_step"]


def test_bytes_that_crossed_are_counted(launched):
    gradient_bytes = 4 * launched["ring", 2].finished_rows()[-1]["n_total"]
    sent = launched["ring", 2].status()["loopback_bytes_per_step"]
    assert 2 * gradient_bytes <= sent, "two ranks send a gradient's worth each"


def test_fewer_processes_than_asked_for_is_refused():
    from labgpt.parallel import Group

    with pytest.raises(ValueError, match="world_size = 2.*torchrun"):
        Group(2)
