"""Grades a class: many notebooks over the cores, each verdict kept as soon as it is there, so that a killed job goes on.

A verdict is kept under what decides it: the answers, the question's cells, the class's secret, the limits. Mend one question's
check and give the command again: that question is graded again and the rest stays. The same answers are graded once.
"""
import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import labgpt
from labgpt import machine
from labgpt.course import marks, sandbox
from labgpt.course.grade import CELL_S, Handed, Verdicts, judge, opened, report
from labgpt.course.submissions import Found, find
from labgpt.record import sha256, write_json


@dataclass
class Entry:
    """One notebook on its way to a report."""

    found: Found
    handed: Handed | None = None  # None: it cannot be graded, and the remarks say why
    remarks: list[str] = field(default_factory=list)
    verdicts: Verdicts = field(default_factory=dict)

    def report(self) -> dict:
        about = {"student": self.found.student, "file": self.found.file, "remarks": self.remarks}
        if self.handed is None:
            return about | {"exercise": "", "points": 0, "max_points": 0, "questions": [], "altered": [], "sandboxed": sandbox.available()}
        return about | report(self.handed, self.verdicts)


def grade_class(paths: Sequence[Path], out: Path | None = None, manual: Path | None = None, secret: bytes = b"",
                due: datetime | None = None, cell_s: float = CELL_S, workers: int = 0,
                say: Callable[[str], None] = lambda line: None) -> list[dict]:
    """A report for every notebook under the paths: what `grade` returns, and `student`, `file`, `remarks`.

    What cannot be graded has no questions and remarks that say why; the others go on. With `out`, verdicts are kept in
    `out/kept`, and written answers in `out/written.csv`, from where marks are taken too, as from `manual`.
    Raises ValueError for a path or a marks file that cannot be used.
    """
    entries = _newest([_entry(found, secret, due) for found in find(paths)])
    given = marks.read(manual) if manual else {}  # a slip there is told before the work, not after it
    graded = [e for e in entries if e.handed]
    _judge_all(graded, out, cell_s, workers or machine.cores(), say)
    marks.merge(graded, out, given)
    return [e.report() for e in entries]


def _entry(found: Found, secret: bytes, due: datetime | None) -> Entry:
    late = found.marked_late or due is not None and found.when > due.timestamp()
    remarks = ["late" if found.marked_late else f"late: {datetime.fromtimestamp(found.when):%Y-%m-%d %H:%M}"] if late else []
    if found.problem:
        return Entry(found, None, [*remarks, f"not graded: {found.problem}"])
    try:
        return Entry(found, opened(found.file, found.read(), secret), remarks)
    except ValueError as error:
        return Entry(found, None, [*remarks, f"not graded: {error}"])


def _newest(entries: list[Entry]) -> list[Entry]:
    """One notebook a student and exercise: the newest, the last by name among equals. It says which others there were."""
    handed_in: dict[tuple, list[Entry]] = {}
    for entry in sorted(entries, key=lambda e: (e.found.when, e.found.file)):
        work = entry.handed.exercise.name if entry.handed else entry.found.file
        handed_in.setdefault((entry.found.student, work), []).append(entry)
    kept, same = [], {}
    for *older, newest in handed_in.values():
        kept.append(newest)
        if older:
            newest.remarks.append(f"handed in before, not graded: {', '.join(e.found.file for e in older)}")
        if newest.handed and any(own := _own(newest.handed)):
            same.setdefault((newest.handed.exercise.name, *own), []).append(newest)
    for copies in same.values():
        for one in copies if len(copies) > 1 else ():
            others = sorted(e.found.student for e in copies if e is not one)
            one.remarks.append(f"the same answers as {', '.join(others[:5])}")
    return sorted(kept, key=lambda e: (e.found.student, e.found.file))


def _own(handed: Handed) -> list[str]:
    """The answers that are not as they were handed out, blanks between words left aside."""
    blank = {q: handed.exercise.cell(q, "answer").blank for q in handed.exercise.points}
    return [f"{q} {' '.join(a.split())}" for q, a in handed.answers.items() if a.strip() != blank[q].strip()]


# --- over the cores

def _judge_all(entries: list[Entry], out: Path | None, cell_s: float, workers: int, say: Callable[[str], None]) -> None:
    """Fill the entries' verdicts, each set of answers judged once."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(sha256(json.dumps([entry.handed.exercise.name, entry.handed.answers])), []).append(entry)
    todo = {}
    for answers, group in groups.items():
        handed = group[0].handed
        keys = {q: _key(handed, q, cell_s) for q in handed.exercise.points}
        file = out / "kept" / f"{answers[:32]}.json" if out else None
        known = _kept(file, keys)
        if set(known) | set(handed.settled) == set(keys):
            for entry in group:
                entry.verdicts = known | handed.settled
        else:
            todo[answers] = group, keys, file, known
    if entries and len(todo) < len(groups):
        say(f"{len(groups) - len(todo)} of {len(groups)} were graded before")
    for number, (answers, verdicts) in enumerate(_judged({a: (t[0][0].handed, t[3], cell_s) for a, t in todo.items()}, workers), 1):
        group, keys, file, _ = todo[answers]
        if isinstance(verdicts, str):
            verdicts = {q: (0, f"not graded: {verdicts}") for q in keys}
        elif file:
            write_json(file, {q: [keys[q], *v] for q, v in verdicts.items()})
        for entry in group:
            entry.verdicts = dict(verdicts)
        say(f"{number}/{len(todo)} {', '.join(e.found.student for e in group)}: {group[0].report()['points']:g} points")


def _judged(tasks: dict, workers: int):
    """(key, verdicts or what went wrong) as they come, by processes of their own where there is more than one task."""
    if min(workers, len(tasks)) < 2:
        yield from ((key, _one(task)) for key, task in tasks.items())
        return
    # Training a sealed model and catching signals want a main thread each: processes, and spawned ones.
    with ProcessPoolExecutor(min(workers, len(tasks)), multiprocessing.get_context("spawn"), _worker) as pool:
        running = {pool.submit(_one, task): key for key, task in tasks.items()}
        try:
            for done in as_completed(running):
                yield running[done], done.result()
        except BrokenExecutor:
            raise RuntimeError("a grading process was killed (too little memory?): what is graded is kept with --out; "
                               "give the same command again") from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _worker() -> None:
    """An interrupt is the parent's business; and without a parent there is none."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    threading.Thread(target=lambda: (multiprocessing.parent_process().join(), os._exit(1)), daemon=True).start()


def _one(task: tuple) -> Verdicts | str:
    try:
        return judge(*task)
    except (ValueError, RuntimeError, OSError) as error:
        return str(error)


def _key(handed: Handed, question: str, cell_s: float) -> str:
    """Hash of all that a question's verdict depends on."""
    exercise = handed.exercise
    cells = [[c.role, c.question, c.source] for c in exercise.cells if c.role == "code" or c.question == question and c.role != "answer"]
    return sha256(json.dumps([labgpt.__version__, exercise.name, exercise.points[question], cells, handed.answers,
                              sha256(exercise.secret), cell_s, sandbox.available()]))  # fmt: skip


def _kept(file: Path | None, keys: dict[str, str]) -> Verdicts:
    """The verdicts in the file that still hold; {} where there are none, or it is damaged."""
    try:
        found = json.loads(file.read_text(encoding="utf-8")) if file else {}
        return {q: (points, reason) for q, (key, points, reason) in found.items() if keys.get(q) == key}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
