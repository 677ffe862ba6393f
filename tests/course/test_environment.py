"""Tiers, the bootstrap cell, doctor: what decides whether a lesson can run here."""
import subprocess
import sys

import nbformat
import pytest

from labgpt import machine
from labgpt.course import colab, doctor, packages
from labgpt.course.tiers import TIERS, tier

NOTEBOOKS = sorted((packages.ROOT / "notebooks").glob("*.ipynb"))


def test_tier_is_micro_unless_said_otherwise(monkeypatch):
    monkeypatch.delenv("LABGPT_TIER", raising=False)
    assert tier() == "micro"
    for name in TIERS:
        monkeypatch.setenv("LABGPT_TIER", name)
        assert tier() == name
    monkeypatch.setenv("LABGPT_TIER", "huge")
    with pytest.raises(ValueError, match="LABGPT_TIER = 'huge': allowed is replay, micro, gpu"):
        tier()


def test_bootstrap_cell_is_short_and_does_nothing_here(tmp_path):
    cell = colab.bootstrap_cell()
    assert len(cell.splitlines()) <= 15 and colab.REPOSITORY in cell
    env = {"PYTHONPATH": str(packages.ROOT), "PATH": ""}  # no git, no pip, nothing to find: it must not look
    done = subprocess.run([sys.executable, "-c", cell], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr, list(tmp_path.iterdir())) == (0, "", "", [])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_notebook_begins_with_the_bootstrap_cell(path):
    cells = nbformat.read(path, as_version=4).cells
    first = next(c for c in cells if c.cell_type == "code")
    assert first.source == colab.bootstrap_cell()


def test_install_moves_nothing_that_is_there(tmp_path, monkeypatch):
    """With everything but tyro installed: labgpt without dependencies, then tyro alone, held to the versions here."""
    calls = []
    monkeypatch.setattr(colab.subprocess, "run", lambda command, **k: calls.append(command))
    monkeypatch.setattr("labgpt.record.installed", lambda name: None if name in ("tyro", "nbval", "torch") else "1.0")
    monkeypatch.setenv("PYTHONPATH", "before")
    colab.install(tmp_path)
    assert calls[0][-3:] == ["--no-deps", "-e", str(tmp_path)]
    assert len(calls) == 2 and calls[1][-1].startswith("tyro") and calls[1][-2].endswith(".keep.txt")
    assert "numpy==1.0" in (tmp_path / ".keep.txt").read_text() and "torch" not in (tmp_path / ".keep.txt").read_text()
    assert colab.os.environ["PYTHONPATH"].startswith(str(tmp_path))


def test_doctor_is_ready_here(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(doctor, "torchrun", lambda s: [("ok", "torchrun")])
    monkeypatch.setattr(doctor, "installed", doctor.pins().get)
    assert doctor.doctor(tmp_path / "runs") is True
    said = capsys.readouterr().out
    assert "ok   torch 2." in said and "import tiktoken" in said and "ipywidgets" in said and "GB memory" in said
    assert said.endswith("ready\n") and not (tmp_path / "runs").exists()


def test_doctor_says_what_is_missing_or_old(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(doctor, "installed", {"torch": "2.11.0+cpu", "ipywidgets": "7.7.1", "numpy": "1.0"}.get)
    monkeypatch.setattr(doctor, "torchrun", lambda s: [])
    assert doctor.doctor(tmp_path) is False
    said = capsys.readouterr().out
    assert "note torch 2.11.0+cpu: developed with" in said and "note ipywidgets 7.7.1" in said
    assert "FAIL numpy 1.0: >=1.26 is needed" in said and "FAIL tyro is missing: pip install 'tyro" in said
    assert said.splitlines()[-1].startswith("not ready")


def test_doctor_smoke_test_failures(monkeypatch, tmp_path):
    def launcher(module):
        monkeypatch.setattr(machine, "torchrun", lambda *more: [sys.executable, "-m", module])

    for module in ("labgpt.no_such_module", "this"):  # the second is no launcher: it ends well, but no sum is said
        launcher(module)
        assert doctor.torchrun()[0][0] == "FAIL" and "torchrun ended early; install torch" in doctor.torchrun()[0][1]
    (tmp_path / "sleeper.py").write_text("import time; time.sleep(60)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    launcher("sleeper")
    assert "did not meet within 0.5 s" in doctor.torchrun(0.5)[0][1]


def test_doctor_says_where_nothing_can_be_written(tmp_path):
    (tmp_path / "runs").write_text("a file")
    assert doctor._writable(tmp_path / "runs")[0][0] == "FAIL"


@pytest.mark.slow
def test_torchrun_meets_here():
    assert doctor.torchrun()[0][0] == "ok"
