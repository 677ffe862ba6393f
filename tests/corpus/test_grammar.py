"""A grammar's probabilities, against a reader of the same file that shares no code with it and writes down every text there is."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from labgpt.corpus import grammar as gr

TEXT = """# a comment
name: Ann Bob Cy
pet: cat dog
he: she he
his (he): her his
toy: ball bone stick
dialect: had=hed

own = {he|name} had ( 2: {=his} {pet} | 1: a {pet} [50: and {toy|name,pet}] )
tale = {name} [25: sat ,] <own> ( 1: . | 2: for {=name} . ) ⏎
"""
LAWS = {"name": [[3, 2, 1]], "he": [[9, 1], [1, 9], [1, 1]], "pet": [[2, 1]], "toy": [[1, 2, 3], [1, 0, 1], [2, 2, 1]] * 2}


def law(register, keys):
    shape = {"name": (3,), "he": (3, 2), "pet": (2,), "toy": (3, 2, 3)}[register]
    return np.array(LAWS[register]).reshape(shape)


def grammar(minority=Fraction(1, 5)):
    return gr.Grammar(TEXT, "tale", law, minority)


def every_text(minority):
    """[(words, probability)]: by hand, from the same rules."""
    out = []
    for hark, share in ((False, 1 - minority), (True, minority)):
        for n, name in enumerate(["Ann", "Bob", "Cy"]):
            for sat, p_sat in ((["sat", ","], Fraction(1, 4)), ([], Fraction(3, 4))):
                for h, he in enumerate(["she", "he"]):
                    for a, pet in enumerate(["cat", "dog"]):
                        p = share * Fraction(LAWS["name"][0][n], 6) * p_sat * Fraction(LAWS["he"][n][h], sum(LAWS["he"][n]))
                        p *= Fraction(LAWS["pet"][0][a], 3)
                        head = ["Hark", ","] * hark + [name, *sat, he, "hed" if hark else "had"]
                        owns = [([["her", "his"][h], pet], Fraction(2, 3)), (["a", pet], Fraction(1, 6))]
                        toys = LAWS["toy"][2 * n + a]
                        owns += [(["a", pet, "and", t], Fraction(w, 6 * sum(toys))) for t, w in zip(["ball", "bone", "stick"], toys) if w]
                        for own, q in owns:
                            out.append(([*head, *own, ".", "\n"], p * q / 3))
                            out.append(([*head, *own, "for", name, ".", "\n"], p * q * 2 / 3))
    return [(words, p) for words, p in out if p]


@pytest.mark.parametrize("minority", [Fraction(0), Fraction(1, 5)])
def test_every_text_has_the_probability_that_the_rules_give_it(minority):
    told, texts = grammar(minority), every_text(minority)
    assert sum(p for _, p in texts) == 1
    assert len({tuple(words) for words, _ in texts}) == len(texts), "no text has two derivations"
    for words, p in texts:
        row = np.array([[told.words.index(w) for w in words]])
        assert np.exp(-told.nll(row).sum()) == pytest.approx(float(p), rel=1e-7)


def test_the_expectation_at_each_place_is_that_of_the_enumerated_texts():
    told, texts = grammar(), every_text(Fraction(1, 5))
    shortest = min(len(words) for words, _ in texts)
    for t in range(shortest):
        now, before = Counter(), Counter()
        for words, p in texts:
            now[tuple(words[: t + 1])] += float(p)
            before[tuple(words[:t])] += float(p)
        expected = -sum(p * np.log(p / before[words[:-1]]) for words, p in now.items())
        assert told.entropy(shortest)[t] == pytest.approx(expected, rel=1e-7)
    entropy = -sum(float(p) * np.log(float(p)) for _, p in texts)
    length = sum(float(p) * len(words) for words, p in texts)
    assert told.entropy(3000)[-1] == pytest.approx(entropy / length, rel=1e-6), "far on, nats a word are nats a text over its words"


def test_what_is_written_is_read_with_the_same_probability_and_as_often_as_it_says():
    told, texts = grammar(), {" ".join(words): float(p) for words, p in every_text(Fraction(1, 5))}
    rows, nats = told.sample(20_000, 16, (1, 7))
    assert np.array_equal(told.nll(rows), nats)
    seen = Counter(" ".join(told.words[w] for w in row).split("\n")[0] + "\n" for row in rows)
    assert set(seen) <= set(texts)
    chi2 = sum((seen[text] - len(rows) * p) ** 2 / (len(rows) * p) for text, p in texts.items())
    assert abs(chi2 - len(texts)) < 5 * np.sqrt(2 * len(texts))
    per_row = nats.mean(axis=1)
    assert abs(per_row.mean() - told.entropy(16).mean()) < 3 * per_row.std() / np.sqrt(len(rows))


def test_shares_are_whole_and_add_up():
    table = gr.shares(np.array([[1, 2, 4], [0, 1, 0], [3, 3, 3]]))
    assert (table.sum(axis=1) == gr.ONE).all() and table[1].tolist() == [0, gr.ONE, 0]


def test_a_text_that_the_grammar_cannot_write_is_told():
    told = grammar()
    number = {w: i for i, w in enumerate(told.words)}
    with pytest.raises(ValueError, match=r"row 1, word 1: no text of this grammar goes on with 'Bob'"):
        told.nll(np.array([[number["Ann"], number["she"]], [number["Ann"], number["Bob"]]]))
    with pytest.raises(ValueError, match="word 6: .*'bone'"):  # Ann's cat may have one, Ann's dog has a ball or a stick
        told.nll(np.array([[number[w] for w in "Ann she had a dog and bone".split()]]))


def test_an_ambiguous_grammar_is_refused():
    with pytest.raises(ValueError, match="two ways on begin with 'cat'"):
        gr.Grammar("pet: cat dog\n\ntale = ( 1: {pet} | 1: cat ) . ⏎\n", "tale", lambda r, k: np.ones(2))
    with pytest.raises(ValueError, match="allowed is one way"):
        gr.Grammar("pet: cat dog\n\ntale = {pet} {pet|pet} ⏎\n", "tale", lambda r, k: np.ones((2,) * (len(k) + 1)))
