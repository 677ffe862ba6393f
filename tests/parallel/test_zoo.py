"""The bug zoo: every planted fault is found within a timeout, and the diagnosis names the culprit from the records alone."""

import pytest

from labgpt.parallel import ranks, zoo


@pytest.fixture(scope="module")
def played():
    return ranks.start("zoo", world_size=3).records("zoo")


def of(played, fault, checked):
    return [r for r in played if r["fault"] == fault and r["checked"] == checked]


FOUND = {
    "healthy": ("none", None, "one process"),
    "order": ("collective", 1, "BROADCAST [1] while the others are at ALLREDUCE [512, 16]"),
    "swapped": ("weights", 1, "after the last step"),
    "shape": ("collective", 1, "ALLREDUCE [48, 16] while the others are at ALLREDUCE [512, 16]"),
    "missing": ("missing", 1, "never came"),
    "straggler": ("straggler", 1, "waits least"),
    "uneven": ("data", None, "rows a rank: 12, 6, 6"),
    "seeds": ("weights", None, "before the first step"),
}


@pytest.mark.parametrize("fault", zoo.FAULTS)
def test_with_checks_on_the_diagnosis_names_the_culprit(played, fault):
    kind, rank, said = FOUND[fault]
    found = zoo.diagnose(of(played, fault, True))
    assert found[:2] == (kind, rank) and said in found[2], found


@pytest.mark.parametrize("fault", zoo.FAULTS)
def test_every_fault_ends_within_the_timeout(played, fault):
    assert max(r["seconds"] for checked in (False, True) for r in of(played, fault, checked)) < 3 * zoo.TIMEOUT_S


@pytest.mark.parametrize("fault", ["order", "missing"])
def test_without_checks_it_hangs_to_the_timeout_and_nobody_is_named(played, fault):
    assert zoo.diagnose(of(played, fault, False))[:2] == ("unnamed", None)


@pytest.mark.parametrize("fault", ["swapped", "uneven", "seeds"])
def test_the_silent_ones_raise_nothing_even_with_checks_on(played, fault):
    assert not any(r["error"] for r in of(played, fault, True))


def test_a_diagnosis_does_not_read_the_fault_s_name(played):
    records = [r | {"fault": "healthy"} for r in of(played, "order", True)]
    assert zoo.diagnose(records) == zoo.diagnose(of(played, "order", True))
