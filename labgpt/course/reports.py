"""What a teacher and a student get to see of a class's reports: lines, a table, and a page a student."""
import re
import statistics
from html import escape
from pathlib import Path

from labgpt.course import exercises, marks
from labgpt.record import write_atomic

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{student}</title>
<style>body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }} small {{ color: #444 }}
td, th {{ border-top: 1px solid #bbb; padding: .4rem; text-align: left; vertical-align: top }}
td:nth-child(2) {{ white-space: nowrap }}</style>
<h1>{student}</h1>
{body}</html>
"""


def write(reports: list[dict], out: Path) -> None:
    """Write `out/class.csv` and a page a student in `out/students`."""
    write_atomic(out / "class.csv", table(reports))
    taken: set[str] = set()
    for student in dict.fromkeys(r["student"] for r in reports):
        name = re.sub(r"[^\w.-]+", "_", student).strip("._")[:80] or "student"
        name = f"{name}-{len(taken)}" if name.casefold() in taken else name
        taken.add(name.casefold())
        write_atomic(out / "students" / f"{name}.html", page(student, [r for r in reports if r["student"] == student]), durable=False)


def table(reports: list[dict]) -> str:
    """The class as CSV: a row a student and exercise, then a column a question."""
    questions = list(dict.fromkeys(f"{r['exercise']}.{q['id']}" for r in reports for q in r["questions"]))
    rows = []
    for r in reports:
        points = {f"{r['exercise']}.{q['id']}": q["points"] for q in r["questions"]}
        rows.append([r["student"], r["exercise"], r["points"], r["max_points"], r["file"], "; ".join(_remarks(r)),
                     *(points.get(q, "") for q in questions)])  # fmt: skip
    return marks.text(["student", "exercise", "points", "max_points", "file", "remarks", *questions], rows)


def summary(reports: list[dict]) -> list[str]:
    """The class for the terminal."""
    wide = max((len(r["student"]) for r in reports), default=0)
    rows = [f"{r['student']:<{wide}}  {r['exercise']:<16} {r['points']:>5g} / {r['max_points']:<3g} {'; '.join(_remarks(r))}".rstrip()
            for r in reports]  # fmt: skip
    share = [r["points"] / r["max_points"] for r in reports if r["questions"]] or [0.0]
    graded = sum(bool(r["questions"]) for r in reports)
    return [*rows, f"{graded} notebooks graded, {len(reports) - graded} not; median {100 * statistics.median(share):.0f} % of the points"]


def page(student: str, reports: list[dict]) -> str:
    """One student's page: points, reasons, and the first hint of what is missing."""
    body = []
    for r in reports:
        body.append(f"<h2>{escape(r['exercise'] or r['file'])}: {r['points']:g} of {r['max_points']:g} points</h2>")
        body += [f"<p>{escape(remark)}</p>" for remark in _remarks(r) if not remark.startswith("the same answers")]
        rows = []
        for q in r["questions"]:
            hints = exercises.read(r["exercise"]).hints(q["id"]) if q["points"] < q["max_points"] else []
            hint = f"<br><small>Hint: {escape(hints[0])}</small>" if hints else ""
            points = f"{q['points']:g} / {q['max_points']:g}"
            rows.append(f"<tr><td>{escape(q['id'])}</td><td>{points}</td><td>{escape(q['reason'])}{hint}</td></tr>")
        body.append("<table><tr><th>Question</th><th>Points</th><th>Why</th></tr>" + "\n".join(rows) + "</table>" if rows else "")
    return _PAGE.format(student=escape(student), body="\n".join(body))


def _remarks(report: dict) -> list[str]:
    altered = [f"changed checks, not used: {', '.join(report['altered'])}"] if report["altered"] else []
    return [*report["remarks"], *altered, *([] if report["sandboxed"] else ["unsandboxed"])]
