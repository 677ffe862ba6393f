"""The report is one file that needs nothing else: every figure inside, no request, no script, nothing taken as markup."""

import base64
import math
from html.parser import HTMLParser

import pytest

from labgpt import figures
from labgpt.figures import report

SUMMARY = {
    "seconds": 553.2,
    "points": 75,
    "fits": {
        "pysource": {name: {"value": 0.9, "low": 0.8, "high": 1.0} for name in ("E", "A", "B", "alpha", "beta")},
        "zipf-markov": {name: {"value": 1.9, "low": 1.8, "high": 2.0} for name in ("E", "A", "B", "alpha", "beta")}
        | {"true_E": 1.893, "smallest_excess": 0.06, "warnings": ["few sizes"]},
    },
    "forecast": {"predicted": 1.478, "low": 1.3, "high": 1.5, "measured": 1.469, "relative_error": 0.0065, "inside": True,
                 "sealed_at": "2026-01-02T03:04:05+00:00", "sha256": "ab" * 32},  # fmt: skip
    "environment": {"torch": "2.13.0", "commit": "0123456789ab", "cores": 2},
}


class Reader(HTMLParser):
    """Every tag with its attributes, every word, and whether tags close in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def written(every, table, ranks, tmp_path_factory):
    import pandas as pd

    path = tmp_path_factory.mktemp("report") / "report.html"
    world = pd.DataFrame(ranks).T.rename_axis("W").reset_index()
    found = report.write(path, SUMMARY, list(every.items()), {"Runs": table, "World size": world},
                         notes=["  one law <script>alert(1)</script>"], cannot_say=["nothing on networks"])  # fmt: skip
    assert found == path
    return path.read_text(encoding="utf-8")


def test_self_contained(written):
    read = Reader(written)
    assert read.open == []
    assert {tag for tag, _ in read.tags}.isdisjoint({"script", "link", "iframe", "object", "base"})
    for _, attrs in read.tags:
        for key in ("src", "href", "srcset", "data"):
            assert attrs.get(key, "data:").startswith("data:")
        assert not any(key.startswith("on") for key in attrs)
    assert "url(" not in written and "@import" not in written


def test_every_figure_is_inside_with_alt_and_caption(written, every):
    images = [attrs for tag, attrs in Reader(written).tags if tag == "img"]
    assert len(images) == len(every)
    words = " ".join(Reader(written).words)
    for image, (name, figure) in zip(images, every.items(), strict=True):
        data = base64.b64decode(image["src"].removeprefix("data:image/png;base64,"))
        assert data == figures.png(figure) and image["alt"] == figure.labgpt_alt
        assert name in words and figure.labgpt_caption in words


def test_says_law_forecast_limits_and_where_it_ran(written):
    words = " ".join(Reader(written).words)
    for said in ("pysource", "zipf-markov", "True E 1.8930", "covers the truth", "few sizes", "+0.65%", "2026-01-02",
                 "What this can’t say", "nothing on networks", "2.13.0", "0123456789ab", "9.2 minutes", "75 points"):  # fmt: skip
        assert said in words, said
    assert "<script>alert(1)</script>" in words  # as text: it was escaped


def test_a_table_wider_than_long_is_turned(written):
    after = written[written.index("<h3>World size</h3>") :]
    assert "<th>W</th><th>1</th><th>2</th><th>4</th>" in after and "<td>weak_efficiency</td>" in after


def test_an_empty_summary_still_writes(tmp_path):
    text = report.write(tmp_path / "r.html", {}, []).read_text(encoding="utf-8")
    assert Reader(text).open == [] and "What this can" not in text


def test_a_failing_figure_leaves_the_old_report(tmp_path):
    path = report.write(tmp_path / "r.html", {"points": 1}, [])
    before = path.read_bytes()
    with pytest.raises(AttributeError):
        report.write(path, {"points": 2}, [("not a figure", object())])
    assert path.read_bytes() == before


@pytest.mark.parametrize("value, shown", [(None, "–"), (math.nan, "–"), (1234, "1,234"), (15_099_494_400, "1.510e+10"),
                                          (0.123456789, "0.12346"), (True, "True"), ("a<b", "a&lt;b"), (123456.7, "123,457")])  # fmt: skip
def test_cells(value, shown):
    assert report._cell(value) == shown
