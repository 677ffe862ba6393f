"""Looking on while a pool trains: in a terminal, in a real kernel, and where there is nothing to see."""

import base64
import importlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from labgpt import figures, sweep
from labgpt.record import RunDir

room = importlib.import_module("labgpt.figures.watch")  # `figures.watch` is the function
TINY = {"val_tokens": 2048, "warmup_steps": 2, "batch_size": 8}
POOL = """
import sys
from labgpt import sweep
sweep.run(sweep.grid((8, 16, 24), (4096, 8192, 262144), val_tokens=2048, warmup_steps=2, batch_size=8), sys.argv[1], progress=False)
"""


@pytest.fixture
def specs():
    return sweep.grid((8, 16, 24), (4096, 8192, 262144), **TINY)


def pool(store) -> subprocess.Popen:
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen([sys.executable, "-c", POOL, str(store)], env=env)


def test_in_a_terminal_lines_are_printed_as_points_of_another_process_land(specs, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("LABGPT_QUIET", raising=False)
    other, threads = pool(tmp_path), set(threading.enumerate())
    figure = figures.watch(tmp_path, specs, every_s=0.2)
    assert other.wait(60) == 0 and set(threading.enumerate()) <= threads
    said = capsys.readouterr().out.splitlines()
    assert said[-1].startswith("9 points have landed, 3 of 3 runs are over; E ") and len(said) >= 2
    assert "n = 9 points" in figure.labgpt_caption and "(9)." in figure.labgpt_caption
    assert any(line.get_linewidth() == 0.9 for line in figure.axes[0].lines), "some training loss was noted"


CELL = """
from labgpt import figures, sweep
specs = sweep.grid((8, 16, 24), (4096, 8192, 262144), val_tokens=2048, warmup_steps=2, batch_size=8)
view = figures.Watch({store!r}, specs)
sweep.run(specs, {store!r}, progress=view)
shown = bytes(view._box.children[0].value), view._box.children[1].value
view.close()
print(shown[0][:4] == b"\\x89PNG", "points" in shown[1], len(view.over) == 3, view._box.comm is None)
view.figure
"""


def test_in_a_kernel_the_picture_is_a_widget_that_goes_away_and_the_figure_stays(tmp_path, monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.delenv("LABGPT_QUIET", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL.format(store=str(tmp_path)))])
    NotebookClient(notebook, timeout=120).execute()
    words = "".join(o["text"] for o in notebook.cells[0].outputs if o.output_type == "stream" and o.name == "stdout")
    assert words.split() == ["True"] * 4
    html = notebook.cells[0].outputs[-1]["data"]["text/html"]
    assert base64.b64decode(html.partition("base64,")[2].partition('"')[0])[:4] == b"\x89PNG"


def test_an_interrupt_ends_the_looking_alone(specs, tmp_path, monkeypatch):
    def interrupt(s):
        raise KeyboardInterrupt

    monkeypatch.setattr(room.time, "sleep", interrupt)
    assert figures.watch(tmp_path, specs) is None


def test_where_nothing_moves_or_was_begun(specs, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="no run was begun there"):
        figures.watch(tmp_path)
    monkeypatch.setattr(room, "STILL_S", 0.3)
    assert figures.watch(tmp_path, specs, every_s=0.1) is None


def test_half_written_rows_do_not_count(specs, tmp_path):
    sweep.run(specs[:1], tmp_path, progress=False)
    for spec, rows in zip(specs[1:], ('{"val_loss": 2.1', ""), strict=True):
        place = RunDir(tmp_path / spec.run_id)
        place.path.mkdir()
        place.spec.write_text(spec.to_json())
        place.rows_file.write_text(rows)
        place.status_file.write_text(json.dumps({"state": "running", "tokens": 512, "train_loss": 3.0}))
    view = figures.Watch(tmp_path)
    assert view.look() and len(view.table) == 3 and not view.laws
