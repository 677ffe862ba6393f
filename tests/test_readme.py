"""The README's page on eight GPUs: every step plans without one, and its torchrun line runs, on eight CPU processes."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from labgpt import machine
from labgpt.cli import main
from labgpt.record import RunDir
from labgpt.spec import RunSpec

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
PAGE = re.search(r"## On 8 GPUs\n(.*?)\n## ", README, re.S).group(1)
STEPS = [shlex.split(line) for line in re.search(r"```\n(.*?)```", PAGE, re.S).group(1).splitlines()]
TORCHRUN = ["torchrun", "--standalone", "--nproc_per_node", "8", "-m", "labgpt.train"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    (tmp_path / "web.txt").write_text("".join(f"Line {i} of a text that stands for the web.\n" for i in range(2000)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_step_but_the_fit_takes_plan():
    assert [step[0] for step in STEPS] == ["labgpt", "labgpt", "torchrun", "labgpt", "labgpt"]
    assert [step[-1] for step in STEPS[:-1]] == ["--plan"] * 4 and STEPS[2][:6] == TORCHRUN


def test_every_plan_is_printed_and_trains_nothing(place, capsys):
    said = []
    for step in STEPS[:-1]:
        if step[0] == "torchrun":
            done = subprocess.run([sys.executable, "-m", "labgpt.train", *step[6:]], capture_output=True, text=True, check=True)
            said.append(done.stdout)
        else:
            assert main(step[1:]) == 0
            said.append(capsys.readouterr().out)
    assert "symbols to train on" in said[0]
    assert all(word in said[1] for word in ("lr_matrix", "assumed", "rows each", "GB each", "hours"))
    spec = RunSpec.read(place / "124m.json")
    assert spec.run_id in said[1] and spec.run_id in said[2] and "not measured" in said[2]
    m = spec.science.model
    assert (m.n_layer, m.d_model, m.n_head, spec.execution.world_size) == (12, 768, 12, 8)
    assert "4 runs on 4 GPUs" in said[3]
    assert sorted(p.name for p in place.iterdir()) == ["124m.json", "web.txt"]


def test_the_torchrun_line_trains_with_eight_processes(place):
    small = ["train", "--d-model", "16", "--tokens", "8192", "--world-size", "8", "--set", "val_tokens=2048", "warmup_steps=1"]
    assert main([*small, "--save-spec", "124m.json"]) == 0
    line = [sys.executable, "-m", "torch.distributed.run", *(word for word in STEPS[2][1:] if word != "--plan")]
    done = subprocess.run(line, env=machine.worker_env(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    (row,) = RunDir(place / "runs" / "store" / RunSpec.read("124m.json").run_id).finished_rows()
    assert (row["world_size"], row["tokens"]) == (8, 8192) and row["val_loss"] < 6.2
