"""A class: who handed in what, in which form; interrupted, repeated, marked by hand."""
import csv
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from datetime import datetime

import pytest

from labgpt.cli import main
from labgpt.course import classroom, exercises, reports, sandbox
from labgpt.course.classroom import grade_class
from labgpt.course.packages import ROOT
from labgpt.course.submissions import find

WRITTEN = '''
# %% [markdown] tags=["answer"] labgpt={"id": "why", "points": 4, "rubric": ["2 points: names the label", "2 points: says why"], "blank": "*your answer*"}
It says so on the label.
'''  # noqa: E501


def notebook(tiny, **answers: str) -> str:
    return exercises.text(exercises.filled(tiny, answers))


@pytest.fixture
def hand_in(tiny, tmp_path):
    """hand_in("ada/x.ipynb", price="price = 8") writes a notebook into the class's folder, which it returns."""
    def write(file: str, text: str | None = None, age: float = 0, **answers: str):
        path = tmp_path / "class" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(notebook(tiny, **answers) if text is None else text, encoding="utf-8")
        os.utime(path, (1.75e9 - age, 1.75e9 - age))
        return tmp_path / "class"

    return write


def by_student(found: list[dict]) -> dict:
    return {r["student"]: r for r in found}


def test_folders_duplicates_late_unreadable_and_copies(hand_in, tmp_path):
    hand_in("ada/inner/exercise.ipynb")
    hand_in("ada/older.ipynb", age=1000, price="price = 8")
    hand_in("ada/notes.txt", "notes")
    hand_in("bob/x.ipynb", age=90_000)
    hand_in("cyd/x.ipynb", "{")
    hand_in("dan/report.pdf", "%PDF")
    hand_in(".git/x.ipynb")
    hand_in("fay/.ipynb_checkpoints/x.ipynb")
    place = hand_in("gil/x.ipynb", price="price = 8")
    os.makedirs(place / "eve")
    os.symlink(place / "ada" / "work" / "exercise.ipynb", place / "eve" / "x.ipynb")
    os.symlink(place / "ada" / "work", place / "eve" / "work")
    due = datetime.fromtimestamp(1.75e9 - 10_000)
    got = by_student(grade_class([place], due=due, workers=1))
    assert {s: r["points"] for s, r in got.items()} == {"ada": 6, "bob": 6, "cyd": 0, "dan": 0, "eve": 0, "gil": 3}
    assert "handed in before, not graded: ada/older.ipynb" in got["ada"]["remarks"]
    assert [r.startswith("late: 2025") for r in got["ada"]["remarks"]].count(True) == 1
    assert got["bob"]["remarks"] == ["the same answers as ada"]
    assert "is not JSON" in got["cyd"]["remarks"][-1] and "is no notebook" in got["dan"]["remarks"][-1]
    assert got["dan"]["remarks"][0].startswith("late: 2025") and "is a link: not followed" in got["eve"]["remarks"][-1]


def test_moodle_and_canvas_zips(tiny, tmp_path):
    names = ["Ada Lovelace_17_assignsubmission_file_/00_tiny_exercise.ipynb", "Ada Lovelace_18_assignsubmission_file_x.ipynb",
             "lovelaceada_LATE_4_5_00_tiny_exercise-1.ipynb", "../../etc/evil.ipynb", "__MACOSX/._x.ipynb"]
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, notebook(tiny))
        archive.writestr("bomb/x.ipynb", bytes(10**9 // 20))
    before = set(tmp_path.rglob("*"))
    got = by_student(grade_class([tmp_path / "all.zip"], workers=1))
    assert {s: r["points"] for s, r in got.items()} == {"Ada Lovelace_17": 6, "Ada Lovelace_18": 6, "lovelaceada_4": 6, "etc": 6, "bomb": 0}
    assert "late" in got["lovelaceada_4"]["remarks"] and "is more than 20 MB" in got["bomb"]["remarks"][0]
    assert set(tmp_path.rglob("*")) == before  # nothing is unpacked
    (tmp_path / "no.zip").write_text("x")
    with pytest.raises(ValueError, match="no.zip.*allowed is"):
        find([tmp_path / "no.zip"])


def test_flat_files_are_named_after_their_students(hand_in):
    place = hand_in("ada_00_tiny_exercise.ipynb")
    hand_in("bob.ipynb")
    hand_in("Cyd Low_00_tiny.ipynb")
    hand_in("student_12.ipynb")
    assert [f.student for f in find([place])] == ["Cyd Low", "ada", "bob", "student_12"]
    with pytest.raises(ValueError, match="absent.ipynb.*not there"):
        find([place / "absent.ipynb"])


def test_what_a_shell_makes_of_a_star(hand_in, monkeypatch):
    """`grade class/*` and `grade class/*/x.ipynb` know the students too: nobody's work replaces another's."""
    for student in ("ada", "bob"):
        place = hand_in(f"{student}/00_tiny_exercise.ipynb")
        hand_in(f"{student}/hw.ipynb")
    for stars in ("*", "*/00_tiny_exercise.ipynb", "*/hw.ipynb"):
        assert {f.student for f in find(sorted(place.glob(stars)))} == {"ada", "bob"}, stars
    monkeypatch.chdir(place / "ada")
    assert [f.student for f in find([place / "ada" / "00_tiny_exercise.ipynb"])] == ["ada"]


def test_a_mended_check_grades_its_question_again_and_keeps_the_rest(tiny, hand_in, tmp_path, monkeypatch):
    place, checked = hand_in("ada/x.ipynb", price="price = 8"), []
    hidden = classroom.judge.__globals__["hidden"]
    monkeypatch.setitem(classroom.judge.__globals__, "hidden", lambda e, q, *rest: checked.append(q) or hidden(e, q, *rest))

    def again() -> list[float]:
        checked.clear()
        return [q["points"] for q in grade_class([place], tmp_path / "out", workers=1)[0]["questions"]]

    assert again() == [2, 0, 1] and checked == ["triple", "price", "last"]
    assert again() == [2, 0, 1] and checked == []
    source = exercises.FOLDER / "00_tiny" / "source.py"
    source.write_text(source.read_text(encoding="utf-8").replace("check.close(mine, 7,", "check.close(mine, 8,"), encoding="utf-8")
    assert again() == [2, 3, 1] and checked == ["price"]
    kept = next((tmp_path / "out" / "kept").iterdir())
    kept.write_text("[1]", encoding="utf-8")  # damaged: graded anew
    assert again() == [2, 3, 1] and checked == ["triple", "price", "last"]


def test_written_answers_go_out_with_a_rubric_and_come_back_marked(tiny, hand_in, tmp_path):
    source, out = exercises.FOLDER / "00_tiny" / "source.py", tmp_path / "out"
    source.write_text(source.read_text(encoding="utf-8") + WRITTEN, encoding="utf-8")
    tiny = exercises.read("00_tiny")
    assert sum(tiny.points.values()) == 10 and tiny.rubric("why")[0] == "2 points: names the label"
    place = hand_in("ada/x.ipynb", notebook(tiny, why="=1+1 is on the label;\nbecause."))
    hand_in("bob/x.ipynb", exercises.text(exercises.student(tiny)))
    first = by_student(grade_class([place], out, workers=1))
    assert first["ada"]["points"] == 6 and first["ada"]["questions"][-1]["reason"] == "waits to be marked by hand"
    assert first["bob"]["questions"][-1]["reason"] == "not answered yet"
    rows = list(csv.DictReader((out / "written.csv").open(encoding="utf-8", newline="")))
    assert [r["student"] for r in rows] == ["ada", "bob"]
    assert rows[0]["answer"].startswith("'=1+1") and "names the label" in rows[0]["rubric"]
    marked = tmp_path / "marked.csv"  # as a German spreadsheet saves it
    marked.write_text("student;exercise;question;answer;points;comment\r\n" f'ada;00_tiny;why;"{rows[0]["answer"]}";2,5;say why\r\n',
                      encoding="utf-8-sig")  # fmt: skip
    ada = by_student(grade_class([place], out, marked, workers=1))["ada"]
    assert ada["points"] == 8.5 and ada["questions"][-1]["reason"] == "marked by hand: say why"
    assert by_student(grade_class([place], out, workers=1))["ada"]["points"] == 8.5  # the mark is kept
    hand_in("ada/x.ipynb", notebook(tiny, why="Something else."))
    ada = by_student(grade_class([place], out, workers=1))["ada"]
    assert ada["points"] == 6 and "why was marked, and changed since" in ada["remarks"][0]


@pytest.mark.parametrize("row, says", [
    ("ada,00_tiny,price,9", "row 2: points = 9.*0 … 3"), ("ada,00_tiny,price,x", "row 2: points are no number"),
    ("adda,00_tiny,price,1", "row 2: adda.*nobody"), ("ada,00_tiny,cost,1", "row 2.*nobody"),
])
def test_marks_that_cannot_be_are_refused(hand_in, tmp_path, row, says):
    (tmp_path / "m.csv").write_text(f"student,exercise,question,points\n{row}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        grade_class([hand_in("ada/x.ipynb")], None, tmp_path / "m.csv", workers=1)


def test_reports(hand_in, tmp_path):
    place = hand_in("=cmd()/x.ipynb", price="raise ValueError('<script>alert(1)</script>')")
    hand_in("Ada & Bob/x.ipynb", word="x")
    found = grade_class([place], workers=1)
    reports.write(found, tmp_path / "out")
    page = (tmp_path / "out" / "students" / "cmd.html").read_text(encoding="utf-8")
    assert "<script>" not in page and "&lt;script&gt;" in page and "3 of 6 points" in page
    rows = list(csv.reader((tmp_path / "out" / "class.csv").open(encoding="utf-8", newline="")))
    assert rows[1][0] == "'=cmd()" and rows[0][-3:] == ["00_tiny.triple", "00_tiny.price", "00_tiny.last"]
    assert reports.summary(found)[-1].startswith("2 notebooks graded, 0 not")




def test_the_command_refuses_without_a_sandbox_and_writes_what_was_asked(hand_in, tmp_path, capsys, monkeypatch):
    place, out = hand_in("ada/x.ipynb"), tmp_path / "out"
    hand_in("bob/x.ipynb", price="price = 70")
    assert main(["grade", str(place / "ada" / "x.ipynb"), "--json", str(tmp_path / "one.json")]) == 0
    one = json.loads((tmp_path / "one.json").read_text(encoding="utf-8"))
    assert sorted(one) == ["altered", "exercise", "max_points", "points", "questions", "sandboxed"] and one["points"] == 6
    monkeypatch.setattr(classroom.machine, "cores", lambda: 1)
    assert main(["grade", str(place), "--out", str(out), "--json", str(tmp_path / "all.json")]) == 0
    assert [r["points"] for r in json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))] == [6, 4]
    assert (out / "class.csv").exists() and (out / "students" / "bob.html").exists()
    monkeypatch.setattr(sandbox, "available", lambda: False)
    assert main(["grade", str(place), "--require-sandbox"]) == 2
    assert "require_sandbox = True: bubblewrap does not work here" in capsys.readouterr().err
    assert main(["grade", str(place), "--due", "tomorrow"]) == 2 and main(["grade", str(tmp_path / "none")]) == 2


def _grading(folder, out, exercises_at=ROOT / "exercises") -> subprocess.Popen:
    """The command, on exercises of one's own."""
    code = ("import sys; from pathlib import Path; from labgpt.course import exercises; exercises.FOLDER = Path(sys.argv[1])\n"
            "from labgpt.cli import main; sys.exit(main(['grade', *sys.argv[2:]]))")
    return subprocess.Popen([sys.executable, "-c", code, str(exercises_at), str(folder), "--out", str(out)], stdout=subprocess.DEVNULL,
                            env=os.environ | {"PYTHONPATH": str(ROOT)})


def test_killed_midway_and_resumed_gives_the_same_table(hand_in, tmp_path):
    """With a process a core, killed with no chance to tidy up; its processes end with it."""
    import psutil

    for number in range(6):
        place = hand_in(f"student{number}/x.ipynb", price=f"import time; time.sleep(0.5)\nprice = {5 + number}")
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert _grading(place, whole, exercises.FOLDER).wait() == 0
    first = _grading(place, killed, exercises.FOLDER)
    while not list(killed.glob("kept/*.json")):
        time.sleep(0.02)
        assert first.poll() is None
    family = psutil.Process(first.pid).children(recursive=True)
    first.send_signal(signal.SIGKILL)
    first.wait()
    _, alive = psutil.wait_procs(family, timeout=20)
    assert not alive or not sandbox.available(), alive
    kept = {p.name: p.stat().st_mtime_ns for p in (killed / "kept").iterdir()}
    assert 0 < len(kept) < 6 and not (killed / "class.csv").exists()
    assert _grading(place, killed, exercises.FOLDER).wait() == 0
    assert {p.name: p.stat().st_mtime_ns for p in (killed / "kept").iterdir()}.items() >= kept.items()
    assert (killed / "class.csv").read_bytes() == (whole / "class.csv").read_bytes()


def _class_of_01(folder, size: int) -> None:
    """Every submission is another one: the wrong variants of exercise 01, each with a comment of its own."""
    exercise, variants = exercises.read("01_model_size"), [{}, *(w.answers for w in exercises.wrong("01_model_size"))]
    for number in range(size):
        answers = dict(variants[number % len(variants)])
        answers["count"] = answers.get("count", exercise.cell("count", "answer").source) + f"\n# {number}"
        path = folder / f"student{number:03d}" / "exercise.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(exercises.text(exercises.filled(exercise, answers)), encoding="utf-8")


@pytest.mark.timed
def test_a_hundred_submissions_use_both_cores(tmp_path):
    """Wall on two cores ≤ 1.2 × half of that on one, where starting up and training sealed models are shared too."""
    from labgpt import machine

    if machine.cores() < 2:
        pytest.skip("needs two cores")
    _class_of_01(tmp_path / "class", 100)
    ours, seconds = os.sched_getaffinity(0), {}
    for cores in (2, 1):
        os.sched_setaffinity(0, set(sorted(ours)[:cores]))  # children inherit it
        try:
            began = time.monotonic()
            assert _grading(tmp_path / "class", tmp_path / f"out{cores}").wait() == 0
            seconds[cores] = time.monotonic() - began
        finally:
            os.sched_setaffinity(0, ours)
    print(f"100 submissions: {seconds[2]:.0f} s on two cores, {seconds[1]:.0f} s on one")
    assert (tmp_path / "out1" / "class.csv").read_bytes() == (tmp_path / "out2" / "class.csv").read_bytes()
    assert seconds[2] <= 1.2 * seconds[1] / 2


@pytest.mark.timed
@pytest.mark.parametrize("name", exercises.names())
def test_an_exercise_grades_in_twenty_seconds(name, tmp_path):
    """The solution, by the command: nothing is warm."""
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "ada.ipynb").write_text(exercises.text(exercises.filled(exercises.read(name))), encoding="utf-8")
    began = time.monotonic()
    assert _grading(tmp_path / "class", tmp_path / "out").wait() == 0
    print(f"{name}: {time.monotonic() - began:.1f} s")
    assert time.monotonic() - began <= 20
