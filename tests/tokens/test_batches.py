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


def test_copied_rows_stand_in_an_epoch_as_often_as_asked():
    data = prepare(derive(16, unique_tokens=64 * 20, copied_tokens=64 * 5, copies=4).science)
    assert data.epoch_rows == 15 + 5 * 4
    for epoch in (0, 3):
        seen = list(map(bytes, data.batch(epoch, 35)))
        times = [seen.count(bytes(row)) for row in np.ascontiguousarray(data.train_rows)]
        assert times == [4] * 5 + [1] * 15


@pytest.mark.parametrize("share", [0.125, 0.3, 0.75])
def test_a_mixture_holds_its_share_and_each_corpus_its_own_epochs(share):
    data = prepare(derive(16, unique_tokens=64 * 10, other="zipf-dialect", other_share=share).science)
    rows = data.batch(0, 1000)
    own = set(map(bytes, np.ascontiguousarray(data.train_rows)))
    mine = [bytes(row) for row in rows if bytes(row) in own]
    assert abs(1000 - len(mine) - 1000 * share) <= 1
    assert all(len(set(mine[i : i + 10])) == 10 for i in range(0, len(mine) - 9, 10)), "an epoch visits every own row once"
    assert np.array_equal(np.concatenate([data.batch(0, 1000, 0, 333), data.batch(0, 1000, 333, 1000)]), rows)
    assert len({bytes(row) for row in rows} - own) == 1000 - len(mine), "the other corpus does not repeat"


@pytest.mark.parametrize("where", ["symbols", "rows"])
def test_noise_replaces_its_share_of_the_training_text_alone(where):
    few, many = (prepare(derive(16, unique_tokens=64 * n, noise=0.25, noise_in=where).science) for n in (50, 500))
    clean = prepare(derive(16, unique_tokens=64 * 500).science)
    changed = many.train_rows != clean.train_rows
    assert abs(changed.mean() - 0.25) < 0.05 and np.array_equal(many.val_rows, clean.val_rows)
    assert np.array_equal(few.train_rows, many.train_rows[:50])
    by_row = changed.mean(axis=1)
    assert set(np.round(by_row)) == {0, 1} if where == "rows" else by_row.max() < 0.6


def test_seeds_see_other_rows():
    assert not np.array_equal(prepare(derive(16, seed=1).science).batch(0, 32), prepare(derive(16, seed=2).science).batch(0, 32))


def test_validation_does_not_depend_on_the_seed():
    assert np.array_equal(prepare(derive(16, seed=1).science).val_rows, prepare(derive(16, seed=2).science).val_rows)


def test_a_context_longer_than_the_text_is_refused(tmp_path):
    text = tmp_path / "short.txt"
    text.write_text("a short text " * 100)
    with pytest.raises(ValueError, match="seq_len = 512.*smaller"):
        prepare(derive(16, f"file:{text}", seq_len=512, batch_size=1).science)
