"""A batch is a function of (seed, step, index): of nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labgpt.spec import derive
from labgpt.tokens import prepare

SCIENCE = derive(16, unique_tokens=64 * 100).science
DATA = prepare(SCIENCE)


@given(st.integers(0, 10_000), st.integers(0, 31), st.integers(0, 31))
def test_slices_join_to_the_global_batch(step, a, b):
    low, high = sorted((a, b))
    parts = [DATA.batch(step, 32, 0, low), DATA.batch(step, 32, low, high), DATA.batch(step, 32, high, 32)] if 0 < low < high else []
    for whole in parts and [DATA.batch(step, 32)]:
        assert np.array_equal(np.concatenate(parts), whole)


def test_what_was_asked_before_does_not_matter():
    first = DATA.batch(7, 32).copy()
    DATA.batch(900, 32)
    assert np.array_equal(first, prepare(SCIENCE).batch(7, 32))


@pytest.mark.parametrize("epoch", [0, 1, 5])
def test_an_epoch_visits_every_row_once(epoch):
    rows = DATA.batch(epoch, 100)  # 100 rows: a step is an epoch
    assert sorted(map(bytes, rows)) == sorted(map(bytes, np.ascontiguousarray(DATA.train_rows)))
    assert not np.array_equal(rows, DATA.batch(epoch + 1, 100)), "in another order"


def test_fewer_unique_tokens_are_a_subset():
    few, many = (prepare(derive(16, unique_tokens=64 * n).science) for n in (20, 60))
    assert set(map(bytes, np.ascontiguousarray(few.train_rows))) <= set(map(bytes, np.ascontiguousarray(many.train_rows)))
    assert len(few.train_rows) == 20


def test_seeds_see_other_rows():
    assert not np.array_equal(prepare(derive(16, seed=1).science).batch(0, 32), prepare(derive(16, seed=2).science).batch(0, 32))


def test_validation_does_not_depend_on_the_seed():
    assert np.array_equal(prepare(derive(16, seed=1).science).val_rows, prepare(derive(16, seed=2).science).val_rows)


def test_a_context_longer_than_the_text_is_refused(tmp_path):
    text = tmp_path / "short.txt"
    text.write_text("a short text " * 100)
    with pytest.raises(ValueError, match="seq_len = 512.*smaller"):
        prepare(derive(16, f"file:{text}", seq_len=512, batch_size=1).science)
