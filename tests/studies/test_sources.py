"""Lesson 06's ground: the small web is what its truth says, and the measure of bias gives what a known model must give."""

import numpy as np
import pandas as pd
import pytest

from labgpt import corpus
from labgpt.corpus import clean, quality
from labgpt.studies import bias, reference, web


@pytest.fixture(scope="module")
def crawl():
    return web.collection(300)


def test_the_same_pages_on_every_machine_and_another_key_gives_others(crawl):
    pages, validation = crawl
    assert web.collection(300) == crawl and web.collection(300, key=3)[0] != pages
    assert len(pages) == 300 and len(validation) == 30 and len({p.document.name for p in pages}) == 300


def test_the_truth_about_a_page_can_be_seen_in_it(crawl):
    pages, validation = crawl
    earlier: dict[str, int] = {}
    for page in pages:
        text = quality.normalise(page.document.text)
        assert ("Hark," in text) == page.dialect and ("example.org" in text) == page.personal
        assert not page.leak or any(story in text for val in validation for story in val.split("\n")) or page.copy == "near"
        assert (page.document.text in earlier) or page.copy != "exact"
        assert page.copy != "near" or "copied this page on a" in text
        earlier[page.document.text] = 1
    kinds = [page.kind for page in pages]
    assert all(20 < kinds.count(kind) < 250 for kind in ("story", "spam", "broken"))
    assert not any(story in "\n".join(p.document.text for p in pages if not p.leak) for val in validation for story in val.split("\n"))


def test_gopher_s_stop_words_remove_the_dialect_and_nobody_else(crawl):
    fresh = [p for p in crawl[0] if p.kind == "story" and not p.copy]
    report = corpus.Report()
    left = {d.name for d in clean([p.document for p in fresh], report, ("unicode", "c4", "gopher"))}
    gone = [p for p in fresh if p.document.name not in left]
    assert gone and all(p.dialect for p in gone) and len(gone) > sum(p.dialect for p in fresh) / 2
    assert [row["rule"] for row in report.rows() if row["documents"]] == ["Gopher: two of eight stop words"]


def test_where_stories_are_in_dialect_and_where_their_first_pronoun_is():
    words = corpus.words("tales")
    text = "Ada Hill was the smith of Oakham . She had a dog . He saw her . \n "
    text = (text + "Hark , Ada Hill wor tha baker o' Oakham . He hed a dog . \n Ada").split(" ")
    row = np.array([[words.index(w) if w in words else words.index("dog") for w in text]])
    dialect, fits = bias.told(row)
    said = [(text[t + 1], words[w]) for t, w in enumerate(fits[0]) if w]
    assert said == [("She", "He"), ("He", "She")]  # what stands there, and what goes with the trade
    first, last = text.index("Hark"), len(text) - 2
    assert [t + 1 for t in np.flatnonzero(dialect[0])] == list(range(first, last + 1))


def test_the_measure_of_an_untrained_model_is_known(tmp_path, monkeypatch):
    """A model that finds all words alike: share one half, and the loss of the uniform distribution on everybody."""
    import labgpt.train
    from labgpt.model import GPT
    from labgpt.spec import derive

    spec = derive(8, "tales")
    monkeypatch.setattr(labgpt.train, "load_model", lambda run: (GPT(spec.science.model).eval(), spec))  # its head starts at zero
    found = bias.measure(tmp_path, rows=32)
    assert found["share"] == pytest.approx(0.5) and found["share_half"] == pytest.approx(0.5)
    assert found["loss_minority"] == pytest.approx(np.log(846), abs=1e-4) == found["loss_majority"]
    assert 0.5 < found["bayes_minority"] < 1.2 and 0.5 < found["bayes_majority"] < 1.2


def test_the_recorded_measures_are_of_the_reference_runs_and_size_does_not_amplify():
    table = bias.table(pd.read_csv(reference.path("06_where_tokens_come_from")), "no store")
    assert table[["share", "loss_minority"]].notna().all().all()
    seen = table["share"] > 0.7
    assert (abs(table["share"][~seen] - 0.5) < 0.08).all() and (abs(table["share"][seen] - 0.9) < 0.04).all(), "two heaps"
    assert seen[(table["d_model"] == 64)].all() and not seen[table["d_model"] == 16].any()
    assert (table["share_greedy"][seen] > 0.99).all() and (table["share_half"][seen] > table["share"][seen] + 0.05).all()
    assert (table["loss_minority"] > table["bayes_minority"]).all() and (table["loss_majority"] > table["bayes_majority"]).all()
