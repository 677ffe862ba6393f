"""Corpora of known entropy: a million tokens against the exact figure, small instances written out in full, committed bytes."""

import itertools
import json

import numpy as np
import pytest

from labgpt import corpus
from labgpt.cli import main
from labgpt.corpus import hashed_ngram, zipf_facts, zipf_markov

KNOWN = ("zipf-markov", "tales", "tales:association=.5,dialect=.3,themes=1,millions=1", "zipf-facts", "hashed-ngram")


@pytest.mark.parametrize("name", KNOWN)
def test_a_million_tokens_cost_what_the_language_says(name, tmp_path, capsys):
    assert main(["corpus", "check", name, "--json", str(tmp_path / "found.json")]) in (0, None)
    found = json.loads((tmp_path / "found.json").read_text())
    assert set(found) == {"mean_nll", "entropy", "standard_error", "z"}
    assert abs(found["z"]) < 3 and 0 < found["standard_error"] < 0.003
    assert found["z"] == pytest.approx((found["mean_nll"] - found["entropy"]) / found["standard_error"])


@pytest.mark.parametrize("name", KNOWN)
def test_fresh_rows_are_not_those_of_the_corpus(name):
    text = corpus.load(name)
    fresh = {bytes(row) for row in text.sample(2000, 0)}
    assert len(fresh) > 1990 and not fresh & {bytes(row) for row in text.val.reshape(-1, text.document_length)}
    assert not np.array_equal(text.sample(5, 1), text.sample(5, 0)) and np.array_equal(text.sample(5, 1), text.sample(5, 1))


def test_a_wrong_entropy_would_be_seen():
    text = corpus.load("hashed-ngram")
    for off in (0.99, 1.01):
        wrong = corpus.Corpus(**{**vars(text), "expected": lambda off=off: text.expected() * off})
        assert abs(corpus.check(wrong, 300_000)["z"]) > 3


@pytest.mark.parametrize("name, module", [("zipf-facts", zipf_facts), ("hashed-ngram", hashed_ngram)])
def test_they_are_the_committed_languages(name, module):
    assert corpus.load(name).sha256 == module.SHA256


def test_every_record_of_zipf_facts():
    """All 64**3 of them: their probabilities add up to one, and the sampler writes each key as often as they say."""
    told = zipf_facts.language()
    rows = np.array(list(itertools.product(range(64), range(64, 128), range(128, 192))))
    p = np.exp(-told.nll(rows).sum(axis=1))
    assert p.sum() == pytest.approx(1, abs=1e-9)
    keys = np.sort(p.reshape(4096, 64).sum(axis=1))[::-1]
    wanted = np.arange(1, 4097) ** -1.4
    assert np.allclose(keys, wanted / wanted.sum(), rtol=1e-4), "Zipf's law, whatever the order of the keys"
    assert np.allclose(p.reshape(4096, 64).max(axis=1) / p.reshape(4096, 64).sum(axis=1), 0.9 + 0.1 / 64, rtol=1e-6)
    seen = corpus.load("zipf-facts").train.reshape(-1, zipf_facts.LENGTH)[:, :63].reshape(-1, 3).astype(int)
    often = np.bincount(seen[:, 0] * 64 + seen[:, 1] - 64, minlength=4096)
    expected = p.reshape(4096, 64).sum(axis=1) * len(seen)
    chi2 = ((often - expected) ** 2 / expected).sum()
    assert abs(chi2 - 4095) < 5 * np.sqrt(2 * 4096)


def test_weights_of_zipf_facts_are_exact_roots():
    for rank in (1, 2, 3, 1000, 4096):
        w = zipf_facts.weight(rank)
        assert w**5 * rank**7 <= (1 << 30) ** 5 < (w + 1) ** 5 * rank**7


def test_every_four_symbols_of_hashed_ngram():
    rows = np.array(list(itertools.product(range(16), repeat=4)), dtype=np.uint16)
    p = np.exp(-hashed_ngram.bayes_nll(rows).sum(axis=1)) / 16
    assert p.sum() == pytest.approx(1, abs=1e-9)
    seen = corpus.load("hashed-ngram").train.reshape(-1, hashed_ngram.LENGTH)[:, :4].astype(int)
    often = np.bincount(seen @ [4096, 256, 16, 1], minlength=16**4)
    chi2 = ((often - p * len(seen)) ** 2 / (p * len(seen))).sum()
    assert abs(chi2 - 16**4) < 5 * np.sqrt(chi2_variance(p, len(seen)))


def chi2_variance(p, n):
    """Of Pearson's statistic when cells are rare: 2k plus what cells with few expected counts add (Haldane 1937)."""
    return 2 * len(p) + ((1 / p).sum() - len(p) ** 2) / n


def test_two_symbols_of_hashed_ngram_say_little_about_the_third():
    """What a model gains that sees one or two symbols back, against what three give."""
    table = (hashed_ngram.law() / 2**32).reshape(16, 16, 16, 16)
    entropy = lambda p: float(-(p * np.log(p)).sum(axis=-1).mean())  # noqa: E731
    plateau = np.log(16) - np.array([entropy(table.mean(axis=(0, 1))), entropy(table.mean(axis=0)), entropy(table)])
    assert plateau[0] < 0.02 and plateau[1] < 0.12 * plateau[2]


def test_zipf_markov_sums_to_one_over_every_pair():
    rows = np.array(list(itertools.product(range(zipf_markov.VOCAB), repeat=2)))
    assert np.exp(-zipf_markov.bayes_nll(rows)).sum() == pytest.approx(zipf_markov.VOCAB, rel=1e-9)


def test_corpora_are_listed_and_shown(capsys):
    main(["corpus", "list"])
    listed = capsys.readouterr().out
    assert all(name in listed for name in ("tales:association=0.9", "hashed-ngram", "pysource", "file:PATH"))
    main(["corpus", "sample", "tales:dialect=0", "--rows", "2"])
    shown = capsys.readouterr().out
    assert " was the " in shown or " tale of " in shown or " worked as a " in shown
    assert "Hark" not in shown


@pytest.mark.parametrize("args, words", [(["check", "pysource"], "entropy is not known"), (["sample", "tales:themes=0"], "themes=1 … 48"),
                                         (["check", "tails"], "allowed is zipf-markov")])
def test_a_slip_is_one_line(args, words, capsys):
    assert main(["corpus", *args]) == 2
    told = capsys.readouterr().err
    assert words in told and told.count("\n") == 1
