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
    support = {name: (table > 0).sum(axis=1) for name, table in TOLD.tables.items()}
    assert {name for name, open_words in support.items() if len(set(open_words)) > 1} == {"m"}
    size, total = TOLD._size("n"), 0
    ways = [{None: 1}] + [{} for _ in TOLD.nodes[1:]]
    for node in [0, *range(len(TOLD.nodes) - 1, 0, -1)]:
        for n, count in ways[node].items():
            for way in TOLD.nodes[node]:
                for new in range(size) if way.writes == "n" else [n]:
                    number = count * (1 if way.writes == "n" else int(support[way.law][n if way.law == "m" else 0]))
                    if way.after:
                        ways[way.after][new] = ways[way.after].get(new, 0) + number
                    else:
                        total += number
    assert total > 10**12, total


def test_whatever_a_draw_depends_on_was_drawn_in_this_story():
    before = [set()] + [set(TOLD.drawn) for _ in TOLD.nodes[1:]]
    for node in [0, *range(len(TOLD.nodes) - 1, 0, -1)]:
        for way in TOLD.nodes[node]:
            assert set(way.keys) <= before[node]
            if way.after:
                before[way.after] &= before[node] | {way.writes}


def test_rows_begin_with_a_story_and_hold_one():
    longest = [0] * len(TOLD.nodes)
    for node in [*range(1, len(TOLD.nodes)), 0]:
        longest[node] = max((1 + (longest[way.after] if way.after else 0) for way in TOLD.nodes[node]), default=0)
    assert longest[0] < tales.LENGTH, "words of the longest story that the grammar can tell"
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
        assert len(np.unique(tales.language(name).tables["place"], axis=0)) == kinds


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


def test_the_text_is_its_words_spelled_and_nothing_else():
    """Read back word by word, the text gives the rows again, so it has their nats; and a newline at the end of each row."""
    text, words = corpus.load("tales-text"), tokenizer("symbols", "tales")
    assert text.sha256 == tales.TEXT_SHA256
    rows = corpus.load(SMALL)
    ends = words.words.index("\n")
    for spelled, numbers in ((text.train[:200_000], rows.train), (text.val, rows.val)):
        wanted = []
        for row in numbers.reshape(-1, tales.LENGTH):
            wanted += [*row.tolist(), *([ends] if row[-1] != ends else [])]
        lines = bytes(spelled).decode()
        found = words.encode(lines[: lines.rindex("\n") + 1]).tolist()
        assert found == wanted[: len(found)] and (len(found) > 40_000)
    assert len(words.encode(bytes(text.val).decode())) == len(wanted), "and the whole of what is held out"
