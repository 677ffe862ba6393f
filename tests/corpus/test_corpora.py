"""Corpora are what they say: the same bytes, the true distribution, files of validation never trained on."""

import numpy as np
import pytest

from labgpt import corpus
from labgpt.corpus import files
from labgpt.corpus import zipf_markov as zm
from labgpt.spec import derive, replace


def test_zipf_markov_is_the_committed_language():
    assert corpus.load("zipf-markov").sha256 == zm.SHA256


def test_the_dialect_is_a_second_language_that_shares_half_of_the_first():
    """Even symbols are followed as in zipf-markov, odd ones are not; its text follows its own law, to three standard errors."""
    assert corpus.load("zipf-dialect").sha256 == zm.DIALECT_SHA256
    first, second = zm.transition_counts(), zm.transition_counts(dialect=True)
    same = (first == second).all(axis=1)
    assert same[::2].all() and not same[1::2].any() and (second.sum(axis=1) == zm.ONE).all()
    rows = corpus.load("zipf-dialect").train.reshape(-1, zm.LENGTH)
    p, now = second / zm.ONE, rows[:, :-1].astype(int)
    entropy = -(p * np.log(p)).sum(axis=1)  # of the next symbol, by the symbol now
    surprise = (corpus.load("zipf-dialect").bayes_nll(rows) - entropy[now]).mean(axis=1)
    assert abs(surprise.mean()) < 3 * surprise.std() / np.sqrt(len(rows))


def test_its_probabilities_are_whole_numbers_that_sum_to_one():
    assert (zm.transition_counts().sum(axis=1) == zm.ONE).all()
    assert (zm.transition_counts() > 0).all()


def test_samples_follow_the_stated_distribution():
    """Mean −log p of the training text within three standard errors (documents are independent) of its expectation."""
    rows = corpus.load("zipf-markov").train.reshape(-1, zm.LENGTH)
    nll = zm.bayes_nll(rows)
    expected = zm.expected()
    per_document = nll.mean(axis=1)
    error = per_document.std() / np.sqrt(len(rows))
    assert abs(per_document.mean() - np.mean(expected)) < 3 * error
    assert abs(np.mean(expected) - zm.entropy_rate()) < 0.02, "a document starts close to the stationary state"


def test_transitions_are_drawn_in_proportion():
    rows = corpus.load("zipf-markov").train.reshape(-1, zm.LENGTH)
    following = rows[:, 1:][rows[:, :-1] == 0].astype(int)
    seen = np.bincount(following, minlength=zm.VOCAB)
    expected = zm.transition_counts()[0] / zm.ONE * len(following)
    chi2 = ((seen - expected) ** 2 / expected).sum()
    assert abs(chi2 - (zm.VOCAB - 1)) < 5 * np.sqrt(2 * zm.VOCAB)


def test_pysource_splits_by_file():
    text = corpus.load("pysource")
    train, val = bytes(text.train), bytes(text.val)
    assert len(train) > 10 * len(val) > 100_000
    assert val[:2000] not in train and val[-2000:] not in train


def test_packages_join_the_library_each_text_once_tests_and_tables_left_out(tmp_path, monkeypatch):
    library, packages = tmp_path / "library", tmp_path / "packages"
    texts = {library / "own.py": "x = 1\n" * 300_000, packages / "p" / "b.py": "own = 2\n", packages / "p" / "again.py": "own = 2\n",
             packages / "p" / "tests" / "c.py": "checked = 3\n", packages / "q" / "table.py": "row = 4\n" * 20_000}  # fmt: skip
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(files.sysconfig, "get_path", {"stdlib": str(library), "purelib": str(packages)}.get)
    alone, all_of_it = (files.python_source(name) for name in ("pysource", "pysource:packages=1"))
    read = bytes(all_of_it.train) + bytes(all_of_it.val)
    assert b"own = 2" not in bytes(alone.train) + bytes(alone.val) and read.count(b"own = 2") == 1
    assert b"checked" not in read and b"row" not in read and alone.sha256 != all_of_it.sha256
    assert (alone.name, all_of_it.name) == ("pysource", "pysource:packages=1")


def test_a_spec_is_pinned_to_its_bytes():
    spec = corpus.pin(derive())
    assert spec.science.data.corpus_sha256 == zm.SHA256
    assert corpus.pin(spec) == spec
    with pytest.raises(ValueError, match="planned for other text"):
        corpus.pin(replace(spec, corpus_sha256="0" * 64))


def test_a_text_of_yours(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes(bytes(range(256)) * 40)
    text = corpus.load(f"file:{path}")
    assert len(text.train) == 9 * 1024 and len(text.val) == 1024
    other = tmp_path / "other.txt"
    other.write_bytes(bytes(range(256)) * 41)
    assert corpus.load(f"file:{other}").sha256 != text.sha256


@pytest.mark.parametrize("content, words", [(None, "No such file"), (b"", "0 bytes"), (b"short", "1000 or more")])
def test_a_text_that_will_not_do_is_named(tmp_path, content, words):
    path = tmp_path / "text.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=words) as error:
        corpus.load(f"file:{path}")
    assert "text.txt" in str(error.value) and "\n" not in str(error.value)
