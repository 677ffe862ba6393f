"""`tales` is what its page says: its bytes, its size, its truths."""

import numpy as np
import pytest

from labgpt import corpus
from labgpt.corpus import tales
from labgpt.spec import derive
from labgpt.tokens import prepare, tokenizer

SMALL = "tales:millions=1"
TOLD = tales.language()


def stories(words, rows):
    """The whole stories of rows, as lists of words."""
    return [text.split() for row in rows for text in " ".join(words[w] for w in row).split("\n")[:-1]]


def test_tales_is_the_committed_language():
    whole, small = corpus.load("tales"), corpus.load(SMALL)
    assert whole.sha256 == tales.SHA256 and len(whole.train) == 4 * 2**20 // 128 * 129
    assert np.array_equal(whole.train[: len(small.train)], small.train) and np.array_equal(whole.val, small.val)


def test_its_words():
    seen = np.unique(corpus.load("tales").train)
    assert len(seen) >= 800
    assert len(TOLD.words) == len(set(TOLD.words)) == derive(16, "tales").science.model.vocab_size
    assert tales.language("tales:dialect=0,themes=2").words == TOLD.words, "the vocabulary does not depend on the knobs"


def test_it_can_tell_a_million_million_stories():
    """Counted exactly: a text has one derivation, so stories are paths through the nodes times the words open at each.

    How many words are open depends on what was drawn only for m, which is less than n: so the count carries n along.
    """
    support = {name: (table > 0).sum(axis=1) for name, table in TOLD._tables.items()}
    assert {name for name, open_words in support.items() if len(set(open_words)) > 1} == {"m"}
    size, ways, total = TOLD._size("n"), {node: {} for node in TOLD.nodes}, 0
    ways[TOLD.start] = {None: 1}
    for node in TOLD.nodes:
        for n, count in ways[node].items():
            for _, _, law, _, writes, after in node.ways:
                for new in range(size) if writes == "n" else [n]:
                    number = count * (1 if writes == "n" else int(support[law][n if law == "m" else 0]))
                    if after is TOLD.start:
                        total += number
                    else:
                        ways[after][new] = ways[after].get(new, 0) + number
    assert total > 10**12


def test_whatever_a_draw_depends_on_was_drawn_in_this_story():
    before = {node: set(TOLD.drawn) for node in TOLD.nodes}
    before[TOLD.start] = set()
    for node in TOLD.nodes:
        for *_, keys, writes, after in node.ways:
            assert set(keys) <= before[node]
            if after is not TOLD.start:
                before[after] &= before[node] | {writes}


def test_rows_begin_with_a_story_and_hold_one():
    rows = corpus.load(SMALL).val.reshape(-1, tales.LENGTH)
    newline = TOLD.words.index("\n")
    assert (rows == newline).any(axis=1).all()
    assert {TOLD.words[w] for w in np.unique(rows[:, 0])} <= {"Hark", "In", "This", *TOLD.lists["first"]}


@pytest.mark.parametrize("name", ["tales", "tales:association=.5,dialect=.3,themes=1", "tales:association=.05,dialect=0,themes=48"])
def test_its_knobs_hold_in_the_text(name):
    """Share of pronouns that go with the trade, and of stories in the dialect, within four standard errors of the knob."""
    told, knob = tales.language(name), tales.knobs(name)
    fair = [s for s in stories(told.words, told.sample(4000, tales.LENGTH, (9, 9))[0])]
    hark = np.mean([s[0] == "Hark" for s in fair])
    lists = told.lists
    pairs = [(next(w for w in s if w in lists["job"]), next(w for w in s if w in lists["He"])) for s in fair]
    goes = np.mean([(lists["job"].index(job) % 2 == 0) == (he == "She") for job, he in pairs])
    for share, truth in ((hark, knob["dialect"]), (goes, knob["association"])):
        assert abs(share - truth) <= 4 * np.sqrt(truth * (1 - truth) / len(fair))


def test_themes_are_kinds_of_town():
    for name, kinds in (("tales:themes=1", 1), ("tales:themes=4", 4), ("tales", 8)):
        assert len(np.unique(tales.language(name)._tables["place"], axis=0)) == kinds


def test_sums_come_out():
    number = ["none", *"one two three four five six seven eight nine ten eleven twelve".split()]
    found = 0
    for s in stories(TOLD.words, corpus.load(SMALL).val.reshape(-1, tales.LENGTH)[:300]):
        if "left" in s and s[0] != "Hark":
            have, gone, rest = (number.index(w) for w in s if w in number)
            assert have - gone == rest > 0
            found += 1
    assert found > 50


def test_a_row_is_read_as_it_was_written():
    rows, nats = TOLD.sample(500, tales.LENGTH, (8, 8))
    assert np.array_equal(corpus.load("tales").bayes_nll(rows), nats[:, 1:])


def test_the_trainer_knows_the_bayes_loss_of_its_validation_tokens():
    data = prepare(derive(16, SMALL).science)
    text = corpus.load(SMALL)
    assert data.bayes_loss == pytest.approx(text.bayes_nll(data.val_rows).mean())
    per_row = text.bayes_nll(data.val_rows).mean(axis=1)
    assert abs(data.bayes_loss - text.expected().mean()) < 3 * per_row.std() / np.sqrt(len(per_row))


def test_symbols_are_spelled():
    tok, row = tokenizer("symbols", "tales"), corpus.load(SMALL).val[:300]
    assert np.array_equal(tok.encode(tok.decode(row)), row)
    with pytest.raises(ValueError, match="'dragonfly': not a word"):
        tok.encode("Ada saw a dragonfly")


@pytest.mark.parametrize("name, words", [
    ("tales:", "''"), ("tales:assoc=.5", "'assoc=.5'"), ("tales:association=.99", "association=0.05 … 0.95"),
    ("tales:association=.555", "'association=.555'"), ("tales:themes=1.5", "themes=1 … 48"), ("tales:themes=2,themes=3", "each once"),
    ("tales:dialect=nan", "'dialect=nan'"), ("zipf-markov:themes=1", "no knobs"),
    ("tale", "allowed is zipf-markov"), ("file:", "file:PATH"),
])
def test_a_knob_that_is_none_is_told_in_one_line(name, words):
    for door in (corpus.load, lambda n: derive(16, n)):
        with pytest.raises(ValueError) as error:
            door(name)
        assert words in str(error.value) and "\n" not in str(error.value)


def test_knobs_of_equal_value_make_one_language():
    assert tales.language("tales:association=.50") is tales.language("tales:association=0.5,dialect=.1")
    assert tales.knobs("tales")["association"] == 0.9
