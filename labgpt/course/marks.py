"""Marks given by hand: a table of written answers goes out, comes back with points, and is merged into the reports.

`written.csv` has a row a written answer: student, exercise, question, max_points, rubric, answer, points, comment. The teacher
fills `points` (and `comment`), in place or in a copy given with `--manual`. Marks that are there are never overwritten.
"""
import csv
import io
import re
from pathlib import Path

from labgpt.record import write_atomic

FIELDS = ("student", "exercise", "question", "max_points", "rubric", "answer", "points", "comment")
Key = tuple[str, str, str]  # student, exercise, question


def read(path: Path) -> dict[Key, dict]:
    """The rows that hold points. Raises ValueError with the row's number where it is no such table."""
    def bad(what: str) -> ValueError:
        return ValueError(f"manual = {path.name!r}: {what}; allowed is a CSV with columns student, exercise, question, points")

    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise bad(f"cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8'})") from None
    csv.field_size_limit(10_000_000)
    head = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    if not {"student", "exercise", "question", "points"} <= set(rows.fieldnames or ()):
        raise bad(f"its columns are {', '.join(rows.fieldnames or ['none'])}")
    found = {}
    for number, row in enumerate(rows, 2):
        row = {k: _bare(v) for k, v in row.items() if isinstance(k, str)}
        if not row["points"].strip():
            continue
        if not re.fullmatch(r"\s*\d+([.,]\d+)?\s*", row["points"]):
            raise bad(f"row {number}: points are no number")
        points = float(row["points"].replace(",", "."))
        found[row["student"], row["exercise"], row["question"]] = row | {"points": points, "row": number}
    return found


def merge(entries: list, out: Path | None, given: dict[Key, dict]) -> None:
    """Put the marks into the entries' verdicts, and write `out/written.csv`.

    Raises ValueError where a given mark is above a question's points, or is of nobody's answer.
    """
    table = out / "written.csv" if out else None
    known = (read(table) if table and table.exists() else {}) | given
    rows, there = [], set()
    for entry in entries:
        exercise = entry.handed.exercise
        for question, most in exercise.points.items():
            key, answer = (entry.found.student, exercise.name, question), entry.handed.answers.get(question, "")
            there.add(key)
            mark = known.get(key)
            if mark and not 0 <= mark["points"] <= most:
                raise ValueError(f"manual: row {mark['row']}: points = {mark['points']:g} for {', '.join(key)}: allowed is 0 … {most:g}")
            if mark and _words(mark.get("answer") or answer) != _words(answer):
                entry.remarks.append(f"{question} was marked, and changed since: mark it again")
                mark = None
            if mark:
                said = mark.get("comment") or ""
                entry.verdicts[question] = mark["points"], f"marked by hand{said and ': ' + said}"
            if mark or exercise.rubric(question) and answer:
                points, comment = (f"{mark['points']:g}", mark.get("comment") or "") if mark else ("", "")
                rows.append([*key, most, "\n".join(exercise.rubric(question)), answer, points, comment])
    for key in sorted(given.keys() - there):
        raise ValueError(f"manual: row {given[key]['row']}: {', '.join(key)}: nobody handed that in; look at the spelling")
    if table and rows:
        write_atomic(table, text(FIELDS, rows))


def text(fields, rows) -> str:
    """A CSV that a spreadsheet can open: a value that it would take for a formula gets an apostrophe before it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([fields, *([_safe(v) for v in row] for row in rows)])
    return out.getvalue()


def _safe(value: object) -> object:
    plain = value.encode("utf-8", "replace").decode().replace("\0", " ") if isinstance(value, str) else value
    return f"'{plain}" if isinstance(plain, str) and plain[:1] in ("=", "+", "-", "@", "\t", "\r", "'") else plain


def _bare(value: str | None) -> str:
    value = value or ""
    return value[1:] if value[:1] == "'" and value[1:2] in ("=", "+", "-", "@", "\t", "\r", "'") else value


def _words(answer: str) -> list[str]:
    return answer.encode("utf-8", "replace").decode().replace("\0", " ").split()
