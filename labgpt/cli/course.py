"""Verbs of the course: working copies, exercises, grading, and what keeps the course itself whole."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from tyro.conf import Positional


def grade(paths: Positional[list[Path]], json: Path | None = None) -> None:
    """Grade answered exercise notebooks.

    Args:
        paths: notebooks.
        json: write the reports there too.
    """
    import json as codec

    from labgpt.course.grade import grade as graded
    from labgpt.record import write_atomic

    reports = []
    for path in paths:
        report = graded(path)
        reports.append(report)
        print(f"{path}: {report['points']} of {report['max_points']} points")
        for q in report["questions"]:
            print(f"  {q['id']}: {q['points']}/{q['max_points']}  {q['reason']}")
    if json is not None:
        write_atomic(json, codec.dumps(reports if len(reports) > 1 else reports[0], indent=1) + "\n")


def exercise(action: Positional[Literal["build", "list"]], name: Positional[str | None] = None) -> None:
    """Build student notebooks from the exercises' sources, or list them.

    Args:
        action: build or list.
        name: one exercise; all of them when left out.
    """
    from labgpt.course import exercises

    for found in exercises.names() if name is None else [name]:
        print(exercises.build(found) if action == "build" else found)


def start(dest: Path = Path("my"), fresh: str | None = None) -> None:
    """Fill a folder with cleared copies of the notebooks and exercises; what you edited is kept.

    Args:
        dest: the folder.
        fresh: a notebook to begin again (your version is kept beside it).
    """
    from labgpt.course.start import start as fill

    fill(dest, fresh)


def lab(dest: Path = Path("my")) -> None:
    """`start`, then JupyterLab on the first lesson.

    Args:
        dest: the folder of your copies.
    """
    import subprocess

    start(dest)
    sys.exit(subprocess.run([sys.executable, "-m", "jupyterlab", str(dest / "00_first_curve.ipynb")]).returncode)


def doctor() -> None:
    """Check this environment; the output is made to be pasted into a report."""
    from labgpt.course.doctor import doctor as check

    sys.exit(0 if check() else 1)


def test(slow: bool = False) -> None:
    """Lint, import contracts, tests, notebooks.

    Args:
        slow: the long evidence too.
    """
    from labgpt.bench import selftest

    sys.exit(selftest.run(slow))


def reference(lesson: Positional[str | None] = None, store: Path = Path("runs/store")) -> None:
    """Train a lesson's reference runs again and write data/reference (for those who keep the course).

    Args:
        lesson: such as 01_model_size; all when left out.
        store: where runs are kept.
    """
    from labgpt.studies import lessons

    for name in [lesson] if lesson else lessons.LESSONS:
        print(lessons.make_reference(name, store))
