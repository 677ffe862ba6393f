"""Sixty files that are hardly notebooks: each is graded or refused with one clear line, and the class goes on."""
import copy
import json
import os

import pytest

from labgpt.course import exercises
from labgpt.course.classroom import grade_class
from labgpt.course.reports import summary, write

FULL, NONE = "full points", "no points"  # what is graded; any other word is in the refusal


def cases(tiny) -> dict[str, tuple[bytes, str]]:
    """name -> (bytes, what must come of it)."""
    good = json.loads(exercises.text(exercises.filled(tiny)))
    text, made = json.dumps(good), {}

    def whole(name: str, raw: bytes | str, outcome: str) -> None:
        made[name] = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw, outcome

    def changed(name: str, outcome: str, change) -> None:
        notebook = copy.deepcopy(good)
        result = change(notebook)
        whole(name, json.dumps(notebook if result is None else result), outcome)

    def answers(name: str, outcome: str, change) -> None:
        def each(notebook):
            for cell in notebook["cells"]:
                if cell["id"].endswith("-answer"):
                    change(cell)

        changed(name, outcome, each)

    for name, raw in {"empty": "", "blank": "  \n", "word": "not JSON", "python": "price = 7", "xml": "<ipynb/>",
                      "half": text[: len(text) // 2],
                      "two": text + text, "comma": text[:-1] + ",}", "quotes": text.replace('"', "'"), "deep": "[" * 100_000,
                      "deep_object": '{"a":' * 50_000, "digits": '{"cells": ' + "9" * 5000 + "}", "binary": bytes(range(256)),
                      "zeros": bytes(1000), "png": b"\x89PNG\r\n\x1a\n", "zip": b"PK\x03\x04" + bytes(30), 
                      "latin1": text.encode() + b"\xe9",
                      "cut_utf16": text.encode("utf-16")[:-1]}.items():  # fmt: skip
        whole(name, raw, "is not JSON")
    for name, value in {"list": [], "number": 3, "null": None, "string": "cells", "true": True, "no_cells": {"nbformat": 4},
                        "cells_null": {"cells": None}, "cells_object": {"cells": {}}, "cells_text": {"cells": "x"},
                        "nbformat3": {"nbformat": 3, "worksheets": [{"cells": good["cells"]}]}}.items():  # fmt: skip
        whole(name, json.dumps(value), "no list of cells")
    for name, cells in {"no_cell": [], "odd_cells": [1, None, "x", [], True], "empty_cells": [{}, {"cell_type": "code"}],
                        "others": [{"cell_type": "code", "source": "1", "metadata": {}, "id": "a"}]}.items():  # fmt: skip
        whole(name, json.dumps({"cells": cells, "nbformat": 4}), "answers no exercise")
    whole("utf8_bom", b"\xef\xbb\xbf" + text.encode(), FULL)
    whole("utf16", text.encode("utf-16"), FULL)
    whole("crlf", text.replace("\\n", "\\r\\n"), FULL)
    changed("nan_in_metadata", FULL, lambda n: n["metadata"].update(x=float("nan")))
    whole("twice_named", text.replace('"cells":', '"cells": 3, "cells":', 1), FULL)
    changed("nbformat_99", FULL, lambda n: n.update(nbformat=99, nbformat_minor=-1))
    changed("nbformat_text", FULL, lambda n: n.update(nbformat="four"))
    changed("no_nbformat", FULL, lambda n: [n.pop("nbformat"), n.pop("nbformat_minor")] and None)
    changed("no_metadata", FULL, lambda n: [n.pop("metadata"), *(c.pop("metadata") for c in n["cells"])] and None)
    changed("odd_metadata", FULL, lambda n: [n.update(metadata=[1]), *(c.update(metadata="x") for c in n["cells"])] and None)
    changed("another_name", FULL, lambda n: n["metadata"]["labgpt"].update(exercise="99_none"))
    changed("list_for_a_name", FULL, lambda n: n["metadata"]["labgpt"].update(exercise=["00_tiny"]))
    changed("no_ids", FULL, lambda n: [c.pop("id") for c in n["cells"]] and None)
    changed("odd_ids", FULL, lambda n: [c.update(id=[1, {}]) for c in n["cells"]] and None)
    changed("colab", FULL, lambda n: [c.update(metadata={"id": c.pop("id")}) for c in n["cells"]] and n.update(metadata={"colab": {}}))
    changed("odd_tags", FULL, lambda n: [c["metadata"].update(tags={"answer": 1}) for c in n["cells"]] and None)
    changed("odd_outputs", FULL, lambda n: [c.update(outputs="x", execution_count={}) for c in n["cells"]] and None)
    changed("junk_between", FULL, lambda n: n["cells"].extend([None, 3, {"cell_type": 7}, {"cell_type": "code", "source": 5}]))
    changed("many_cells", FULL, lambda n: n["cells"].extend([{"cell_type": "code", "source": "1", "metadata": {}}] * 5000))
    changed("backwards", FULL, lambda n: n["cells"].reverse())
    answers("source_in_letters", FULL, lambda c: c.update(source=list("".join(c["source"]))))
    answers("all_markdown", NONE, lambda c: c.update(cell_type="markdown"))
    answers("raw_cells", NONE, lambda c: c.update(cell_type=["code"]))
    answers("no_source", NONE, lambda c: c.pop("source"))
    answers("source_null", NONE, lambda c: c.update(source=None))
    answers("source_number", NONE, lambda c: c.update(source=7))
    answers("source_object", NONE, lambda c: c.update(source={"a": 1}))
    answers("source_odd_list", NONE, lambda c: c.update(source=[1, None, {"x": 2}]))
    answers("nul_in_source", NONE, lambda c: c.update(source="price = 7\0"))
    answers("half_a_character", NONE, lambda c: c.update(source="raise ValueError('\ud800')"))
    answers("half_in_code", NONE, lambda c: c.update(source="price = 7 \ud800"))
    answers("not_python", NONE, lambda c: c.update(source="∫ x dx = ?\x07\x1b[2J"))
    answers("indented_badly", NONE, lambda c: c.update(source="  price = 7\n word = 'done'"))
    answers("very_long", NONE, lambda c: c.update(source="x = 1\n" * 50_000))
    answers("very_nested", NONE, lambda c: c.update(source="x = " + "(" * 3000 + ")" * 3000))
    return made


@pytest.fixture
def folder(tiny, tmp_path):
    place = tmp_path / "class"
    place.mkdir()
    for name, (raw, _) in cases(tiny).items():
        (place / f"{name}.ipynb").write_bytes(raw)
    with open(place / "huge.ipynb", "wb") as file:
        file.truncate(200_000_000)  # takes no room on disk
    os.mkfifo(place / "fifo.ipynb")
    (place / os.fsdecode(b"n\xe9e\x1b[2J\n.ipynb")).write_text("{", encoding="utf-8")
    return place


def test_each_is_graded_or_refused_with_a_line(tiny, folder, tmp_path):
    expected = {name: outcome for name, (_, outcome) in cases(tiny).items()} | {"huge": "200 MB", "fifo": "plain file"}
    assert len(expected) >= 60
    found = grade_class([folder], tmp_path / "out", workers=1)
    reports = {r["student"]: r for r in found}
    write(found, tmp_path / "out")
    assert all(line.isprintable() for line in summary(found))
    assert [s for s in reports if s.startswith("n?e")] and reports.pop(next(s for s in reports if s.startswith("n?e")))
    assert set(reports) == set(expected)
    for name, outcome in expected.items():
        report, (first, *_) = reports[name], [*reports[name]["remarks"], ""]
        if outcome in (FULL, NONE):
            assert report["points"] == (6 if outcome == FULL else 0) and report["max_points"] == 6, (name, report)
            assert all(q["reason"] and q["reason"].isprintable() for q in report["questions"]), (name, report)
        else:
            assert report["questions"] == [] and outcome in first and first.isprintable() and "allowed is" in first, (name, report)
