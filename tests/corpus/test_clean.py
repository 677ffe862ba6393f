"""Every step of cleaning removes what it says, says what it removes, and gives the same output for any worker count."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labgpt.corpus import Document, Report, clean, diversity, label, near, quality

WORDS = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in ("lin", "nder", "rta", "ske")]


def story(seed: int, sentences: int = 12) -> str:
    rng = random.Random(seed)
    some = lambda n: " ".join(rng.choice(WORDS) for _ in range(n))  # noqa: E731
    return "\n".join(f"The {some(9)} and the {some(1)} went to {some(1)}." for _ in range(sentences))


def documents(n: int, start: int = 0) -> list[Document]:
    return [Document(f"page-{i}", story(start + i)) for i in range(n)]


def reasons(report: Report) -> dict[str, int]:
    return {row["rule"]: row["documents"] for row in report.rows() if row["documents"]}


GOOD = story(7)
LINES = list(enumerate(GOOD.split("\n"), 3))
RULES = [
    ("too short to be a page.", "gopher", "Gopher: 50 … 100,000 words"),
    ("\n".join(f"a b c d e f g the to {i}." for i in range(20)), "gopher", "Gopher: mean word of 3 … 10 letters"),
    (GOOD.replace("went", "# … # went"), "gopher", "Gopher: a symbol (# or …) in 10 words"),
    ("\n".join("- " + line for line in GOOD.split("\n")), "gopher", "Gopher: 90 % of lines are bullets"),
    ("\n".join(line[:-1] + " …" for line in GOOD.split("\n")), "gopher", "Gopher: 30 % of lines end in …"),
    ("\n".join(f"{10**i} {7**i} {3**i} {11**i} {13**i} {line}" for i, line in LINES), "gopher", "Gopher: 80 % of words have a letter"),
    (GOOD.replace("the", "tha").replace("The", "Tha").replace("and", "an'"), "gopher", "Gopher: two of eight stop words"),
    ("\n".join([*GOOD.split("\n"), *GOOD.split("\n")[:8]]), "gopher", "Gopher: 30 % of lines repeat"),
    (" ".join(f"buy now {WORDS[i]} {'the' if i % 2 else 'to'}" for i in range(60)), "gopher", "Gopher: one 2-gram is 20 %"),
    (GOOD + "\nif (x) { return }", "c4", "C4: curly bracket"),
    (GOOD + "\nLorem ipsum dolor sit amet.", "c4", "C4: lorem ipsum"),
    ("Home\nAbout us\n" + GOOD.split("\n")[0], "c4", "C4: under 3 sentences"),
]  # fmt: skip


@pytest.mark.parametrize("text, step, rule", RULES, ids=[rule for _, _, rule in RULES])
def test_each_rule_refuses_its_page_and_is_named(text, step, rule):
    report = Report()
    assert list(clean([Document("it", text), Document("good", GOOD)], report, (step,))) == [Document("good", GOOD)]
    (row,) = report.rows()
    assert (row["step"], row["rule"], row["documents"], row["bytes"]) == (step, rule, 1, len(text.encode()))
    assert row["example"].startswith("it: ") and (report.read, report.kept) == (2, 1)


@pytest.mark.parametrize("size, apart, rule", [(2, 12, ""), (3, 6, "Gopher: one 3-gram is 18 %"), (4, 9, "Gopher: one 4-gram is 16 %")])
def test_repeated_runs_of_words_count_by_their_letters(size, apart, rule):
    """A phrase of `size` words after every `apart` others of half its words' length."""
    words = iter([a + b for a in WORDS for b in "bdfgklmn"])
    phrase = " ".join(["alphabeta", "betagamma", "gammadelt", "deltaepsi"][:size])
    text = "the and to " + " ".join(" ".join([phrase, *(next(words) for _ in range(apart * 9 // 4))]) for _ in range(16))
    assert quality.gopher(text) == rule


def test_c4_keeps_the_lines_that_are_sentences():
    page, rule = quality.c4("Menu | Home | Next page\n" + GOOD + "\nThis site uses cookies to know you better.\nRead more...\nShort line.")
    assert (page, rule) == (GOOD, "")


def test_unicode_is_mended():
    assert quality.normalise("\ufeffcafe\u0301\r\nna\u00efve\u200b  x \x00y\r\n\r\n\r\n\r\nend ") == "café\nnaïve x y\n\nend"


@given(st.text())
def test_normalising_twice_changes_nothing(text):
    once = quality.normalise(text)
    assert quality.normalise(once) == once


def test_personal_data_is_masked_by_kind():
    text = "Write to ada.hill@mail.example.org or +1 555-010-4477, (555) 010-4477, from 192.168.10.254; card 4539 1488 0343 6467."
    assert quality.mask(text) == "Write to [email] or [phone], [phone], from [ip]; card [card]."


@pytest.mark.parametrize("text", ["version 1.2.3.4.5 of 2021", "4539 1488 0343 6468 fails Luhn", "20 of 300", "@ada said a@b", "999.1.1.1"])
def test_what_is_no_personal_data_stays(text):
    assert quality.mask(text) == text


def test_exact_copies_near_copies_and_leaks_go_and_are_told_apart():
    first, other, third = (story(seed) for seed in (1, 2, 3))
    near_copy = first.replace("went", "walked", 2)
    leaking = story(4) + "\n" + third.split("\n")[0]
    given_ = [Document(n, t) for n, t in [("a", first), ("b", first + "  "), ("c", near_copy), ("d", other), ("e", leaking)]]
    report = Report()
    kept = list(clean(given_, report, val=[third]))
    assert [d.name for d in kept] == ["a", "d"]
    assert {row["step"]: row["documents"] for row in report.rows()} == {"unicode": 0, "exact": 1, "leak": 1, "near": 1}
    assert [d.name for d in clean(given_, Report(), threshold=0.99, val=[third])] == ["a", "c", "d"]


def test_a_classifier_s_verdict_is_a_step():
    report = Report()
    assert [d.name for d in clean(documents(4), report, ("label",), keep=lambda text: text != story(2))] == ["page-0", "page-1", "page-3"]
    assert reasons(report) == {"classifier": 1}


def test_any_worker_count_gives_the_same_output_and_report():
    messy = documents(150) + documents(40) + [Document(f"s{i}", text) for i, (text, _, _) in enumerate(RULES)] + documents(9, 900)
    one, three = Report(), Report()
    kept = list(clean(messy, one))
    assert list(clean(iter(messy), three, workers=3)) == kept and three.summary() == one.summary()
    assert one.read == len(messy) == one.kept + sum(reasons(one).values())
    assert one.read_bytes == one.kept_bytes + sum(row["bytes"] for row in one.rows())


def test_documents_stream_through():
    """Never more than one ahead: endless input is no problem."""
    def endless():
        number = 0
        while True:
            number += 1
            yield Document(str(number), story(number))

    kept = clean(endless(), Report())
    assert [next(kept).name for _ in range(3)] == ["1", "2", "3"]


@pytest.mark.parametrize("settings, words", [({"steps": ("polish",)}, "steps = 'polish'"), ({"threshold": 0}, "threshold = 0")])
def test_settings_that_will_not_do_are_named(settings, words):
    with pytest.raises(ValueError, match=words):
        list(clean([], Report(), **settings))


def test_five_thousand_planted_near_duplicates_are_found_and_nothing_else():
    """Recall ≥ .95 and precision ≥ .99 at a Jaccard index ≥ .8, with 5,000 near misses (.5 … .8) among 15,000 documents."""
    rng = random.Random(5)

    def edited(words: list[str], edits: int) -> list[str]:
        at = set(rng.sample(range(len(words)), edits))
        return [rng.choice(WORDS) + "x" if i in at else w for i, w in enumerate(words)]

    def grams(words: list[str]) -> set[tuple[str, ...]]:
        return set(zip(*(words[i:] for i in range(5))))

    originals, copies, alike = [], [], set()
    for i in range(5000):
        first = [rng.choice(WORDS) + rng.choice(WORDS) for _ in range(120)]
        originals.append((f"{i}-first", first))
        for kind, edits in (("near", rng.randint(1, 2)), ("miss", rng.randint(4, 7))):
            copies.append((f"{i}-{kind}", edited(first, edits)))
            a, b = grams(first), grams(copies[-1][1])
            alike |= {copies[-1][0]} if len(a & b) / len(a | b) >= 0.8 else set()
    report = Report()
    kept = {d.name for d in clean((Document(n, " ".join(w)) for n, w in originals + copies), report, ("near",))}
    removed = {name for name, _ in originals + copies} - kept
    assert report.read == 15_000 and 5000 <= len(alike) <= 5100
    recall, precision = len(removed & alike) / len(alike), len(removed & alike) / len(removed)
    print(f"recall {recall:.4f}, precision {precision:.4f} of {len(alike)} near-duplicates among {report.read} documents")
    assert recall >= 0.95 and precision >= 0.99


def test_the_sketch_estimates_the_jaccard_index():
    a, b = near.shingles(story(1, 40)), near.shingles(story(1, 40).replace("went", "walked", 9))
    assert abs((near.sketch(a) == near.sketch(b)).mean() - near.jaccard(a, b)) < 4 * (0.25 / 125) ** 0.5


def test_the_classifier_learns_and_its_quality_is_counted_by_hand():
    texts, labels = [story(i) for i in range(60)] + [story(i).replace("went", "clicked") for i in range(60)], [1] * 60 + [0] * 60
    made = label.Labeller().fit(texts[10:110], labels[10:110])
    assert [made(t) for t in texts] == [bool(v) for v in labels] and 0 < made.chance(texts[0]) < 1
    assert label.precision_recall([1, 1, 0, 0, 1], [1, 0, 1, 0, 1]) == (2 / 3, 2 / 3)
    with pytest.raises(ValueError, match="allowed is one each, some 0 and some 1"):
        label.Labeller().fit(texts[:3], [1, 1, 1])


def test_diversity_counts_what_can_be_counted_by_hand():
    found = diversity.stats([Document("1", "a b a c", "x"), Document("2", "a b a c", "x"), Document("3", "d d", "y")])
    assert (found["documents"], found["words"], found["types"]) == (3, 10, 4)
    assert found["curve"] == [(1, 1), (2, 2), (4, 3), (8, 3), (10, 4)]
    assert abs(found["duplicates"] - 1 / 3) < 1e-12 and abs(found["domains"]["x"] - 14 / 17) < 1e-12
    coin = diversity.stats([Document("1", "".join(random.Random(0).choices("ab", k=50_000)))])
    assert all(abs(bits - 1) < 0.01 for bits in coin["entropy"].values())


def test_the_command_line_writes_all_or_nothing_and_says_what_went(tmp_path, capsys):
    from labgpt.cli import main

    (tmp_path / "in").mkdir()
    for i, text in enumerate([story(1), story(1), story(2) + "\nmail ada@hill.example.org, dear friend of the house.", "{"]):
        (tmp_path / "in" / f"{i}.txt").write_text(text, encoding="utf-8")
    labels = [{"text": story(i) if i % 2 else "buy it " * 20, "label": i % 2} for i in range(30)]
    (tmp_path / "labels.jsonl").write_text("\n".join(map(json.dumps, labels)), encoding="utf-8")
    out = tmp_path / "out" / "clean.jsonl"
    command = ["corpus", "clean", str(tmp_path / "in"), str(out), "--workers", "1", "--labels", str(tmp_path / "labels.jsonl")]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "4 documents" in said and "2, " in said and "the same text again" in said and "precision 1.00, recall 1.00" in said
    assert [json.loads(line)["name"] for line in out.read_text(encoding="utf-8").splitlines()] == ["0.txt", "2.txt"]
    assert "[email]" in out.read_text(encoding="utf-8")
    report = json.loads(out.with_suffix(".report.json").read_text(encoding="utf-8"))
    assert report["read"] == 4 and report["kept"] == 2 and {row["step"] for row in report["rules"]} == {"mask", "c4", "exact"}
    assert main(["corpus", "clean", str(tmp_path / "nowhere"), str(out)]) == 2 and "nothing is there" in capsys.readouterr().err
    assert sorted(p.name for p in out.parent.iterdir()) == ["clean.jsonl", "clean.report.json"]
    assert main(["corpus", "stats", str(out)]) == 0 and "2 documents" in capsys.readouterr().out
