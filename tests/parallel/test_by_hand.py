"""The hand-written forms give torch's numbers and send the bytes they say; broken ones are caught."""

import pytest
import torch

from labgpt import cost
from labgpt.model import GPT
from labgpt.parallel import by_hand, ranks
from labgpt.tokens import prepare

W, STEPS = 4, 5


@pytest.fixture(scope="module")
def data():
    return prepare(ranks.science())


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.5, momentum=0.9)


def train(data, form, world_size=W, rows=None, seed=lambda rank: 0, steps=STEPS, optimizer=ranks.adamw):
    """[(losses of the slice, weights, line, optimizer's bytes)] of each rank, ranks as threads."""
    config = ranks.science()
    rows = rows or (
        lambda step, rank: data.batch(step, ranks.ROWS)[rank * (ranks.ROWS // world_size) :][: ranks.ROWS // world_size]
    )

    def one(line):
        model = GPT(config.model, seed(line.rank))
        by = form(model, line, optimizer)
        losses = []
        for step in range(steps):
            loss = model(*ranks.tensors(rows(step, line.rank)))
            by.step(loss)
            losses.append(loss.item())
        return (
            losses,
            torch.cat([p.detach().reshape(-1) for p in model.parameters()]),
            line,
            by_hand.optimizer_bytes(by.optimizer),
        )

    return by_hand.in_threads(world_size, one)


@pytest.fixture(scope="module")
def alone(data):
    return train(data, by_hand.Naive, 1)[0]


def same(found, alone) -> bool:
    """Every rank has the same bits, and the mean losses of the slices are one process's to 1e-5."""
    losses = torch.tensor([one[0] for one in found]).mean(0)
    together = all(torch.equal(one[1], found[0][1]) for one in found)
    return together and bool((losses - torch.tensor(alone[0])).abs().max() < 1e-5)


@pytest.mark.parametrize("world_size", [2, 3, 4, 5])
@pytest.mark.parametrize("n", [1, 3, 64, 101])
def test_the_ring_adds_up_whatever_the_size(world_size, n):
    start = [torch.arange(n, dtype=torch.float64) * (rank + 1) for rank in range(world_size)]

    def one(line):
        mine = start[line.rank].clone()
        by_hand.all_reduce(mine, line)
        return mine, line.messages

    for mine, messages in by_hand.in_threads(world_size, one):
        assert torch.equal(mine, sum(start)) and messages == 2 * (world_size - 1)


@pytest.mark.parametrize("name", by_hand.FORMS)
@pytest.mark.parametrize("world_size", [2, 4])
def test_each_form_trains_as_one_process_does(data, alone, name, world_size):
    found = train(data, by_hand.FORMS[name], world_size)
    assert same(found, alone)
    line, n_bytes = found[0][2], 4 * alone[1].numel()
    assert line.bytes == STEPS * cost.ring_all_reduce_bytes(n_bytes, world_size)


def test_buckets_save_messages_and_zero_saves_moments(data):
    naive, bucketed, zero = (train(data, by_hand.FORMS[name], steps=1)[0] for name in ("naive", "bucketed", "zero1"))
    assert naive[2].bytes == bucketed[2].bytes == zero[2].bytes
    assert naive[2].messages > 2 * bucketed[2].messages > 2 * zero[2].messages
    assert zero[3] * W == naive[3] == 2 * 4 * naive[1].numel()


class NoReduce(by_hand.Naive):
    def average(self):
        pass


class Twice(by_hand.Naive):
    def average(self):
        super().average()
        for p in self.parameters:
            p.grad /= self.line.world_size


class Reordered(by_hand.Naive):
    """Rank 1 walks its parameters in another order, and the shapes fit by chance."""

    def average(self):
        kept = self.parameters
        if self.line.rank == 1:
            self.parameters = sorted(kept, key=lambda p: p.numel())
            self.parameters = [kept[-1] if p is kept[0] else kept[0] if p is kept[-1] else p for p in kept]
        super().average()
        self.parameters = kept


MUTANTS = {
    "missing all-reduce": (NoReduce, {}),
    "averaged twice": (Twice, {}),
    "another order": (Reordered, {}),
    "data seeded by rank": (by_hand.Naive, {"rows": lambda batch: lambda step, rank: batch(100 * rank + step)[:12]}),
    "mean over uneven shards": (
        by_hand.Naive,
        {"rows": lambda batch: lambda step, rank: batch(step)[18:] if rank else batch(step)[:18]},
    ),
    "weights seeded by rank": (by_hand.Naive, {"seed": lambda batch: lambda rank: rank}),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_is_caught(data, mutant):
    """Under SGD: AdamW forgives a gradient of the wrong length, so "averaged twice" would train on unseen."""
    form, changes = MUTANTS[mutant]
    changes = {name: make(lambda step: data.batch(step, ranks.ROWS)) for name, make in changes.items()}
    alone = train(data, by_hand.Naive, 1, optimizer=sgd)[0]
    assert same(train(data, by_hand.Naive, 2, optimizer=sgd), alone)
    assert not same(train(data, form, 2, optimizer=sgd, **changes), alone)


@pytest.fixture(scope="module")
def launched():
    return ranks.start("forms", world_size=2).records("forms")


def test_under_torchrun_all_forms_agree_with_torch(launched):
    losses = {}
    for r in launched:
        losses.setdefault(r["form"], []).append(r["losses"])
    mean = {form: torch.tensor(both).mean(0) for form, both in losses.items()}
    assert set(mean) == {"one", *by_hand.FORMS, "torch ddp", "torch zero1"}
    assert all((mean[form] - mean["one"]).abs().max() < 1e-5 for form in mean)
    weights = {form: {r["weights"] for r in launched if r["form"] == form} for form in mean}
    assert all(len(hashes) == 1 for hashes in weights.values())


def test_the_kernel_counts_what_the_line_counts(launched):
    for r in launched:
        if r["form"] in by_hand.FORMS and r["kernel_bytes"]:
            assert (
                r["sent_bytes"]
                == cost.ring_all_reduce_bytes(4 * 22_528, 2)
                <= r["kernel_bytes"]
                < 1.1 * r["sent_bytes"]
            )


def test_unknown_work_is_refused():
    with pytest.raises(ValueError, match="work = 'dance': allowed is forms, zoo, link, collectives"):
        ranks.start("dance", world_size=2)
    with pytest.raises(ValueError, match="world_size = 99"):
        ranks.start("forms", world_size=99)
