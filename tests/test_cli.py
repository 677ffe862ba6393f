"""Every slip gets one line on stderr and exit code 2; help shows every verb and field; Ctrl-C is 130."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from filelock import FileLock

from labgpt import cli
from labgpt.cli import VERBS, main
from labgpt.spec import derive

SLIPS = {
    "unknown corpus": (["train", "--corpus", "wikipedia"], ["corpus", "wikipedia", "pysource"]),
    "size": (["train", "--d-model", "3"], ["d_model", "3", "8"]),
    "heads": (["train", "--d-model", "35"], ["d_model", "35", "try 32"]),
    "below one batch": (["train", "--tokens", "100"], ["budgets", "100", "2048"]),
    "context beyond the document": (["train", "--seq-len", "4096", "--tokens", "1000000"], ["seq_len", "4096", "64"]),
    "world size": (["train", "--world-size", "3"], ["world_size", "3", "batch_size", "32"]),
    "tree": (["train", "--world-size", "3", "--reduction", "tree"], ["world_size", "power of two"]),
    "missing text": (["train", "--corpus", "file:/no/such/text"], ["No such file", "readable"]),
    "minutes": (["curves", "--minutes", "0"], ["minutes", "0.5"]),
    "missing run": (["sample", "no-such-run"], ["no-such-run", "labgpt runs"]),
    "missing table": (["fit", "no-such.csv"], ["no-such.csv"]),
    "missing notebook": (["grade", "no-such.ipynb"], ["no-such.ipynb"]),
    "cost of no model": (["cost"], ["model = None", "--list"]),
    "cost of an unknown model": (["cost", "gpt2-xll"], ["gpt2-xll", "gpt2-xl"]),
    "cost on an unknown device": (["cost", "gpt2", "--device", "h1000"], ["h1000", "h100"]),
    "cost of negative tokens": (["cost", "gpt2", "--tokens", "-5"], ["tokens", "-5", "more than 0"]),
    "cost in no building": (["cost", "gpt2", "--pue", "0.2"], ["pue", "0.2", "1 or more"]),
    "cost of a file that is not there": (["cost", "no/config.json"], ["no/config.json"]),
    "lesson": (["reference", "17_dreams"], ["17_dreams", "01_model_size"]),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_gets_one_clear_line(slip, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    args, words = SLIPS[slip]
    assert main(args) == 2
    said = capsys.readouterr().err.strip()
    assert len(said.splitlines()) == 1 and said.startswith("labgpt: "), said
    assert all(word in said for word in words), said


def test_help_names_every_verb(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert all(verb.__name__ in said for verb in VERBS)


def test_an_unknown_verb_is_refused(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["dance"])
    assert stop.value.code == 2


def test_a_truncated_spec_file_is_named(tmp_path):
    path = tmp_path / "spec.json"
    path.write_text(derive().to_json()[:-30])
    done = subprocess.run([sys.executable, "-m", "labgpt.train", str(path)], capture_output=True, text=True)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1 and "spec.json" in done.stderr


def test_a_spec_for_other_processes_is_refused(tmp_path):
    path = tmp_path / "spec.json"
    assert main(["train", "--world-size", "2", "--save-spec", str(path)]) == 0
    done = subprocess.run([sys.executable, "-m", "labgpt.train", str(path)], capture_output=True, text=True)
    assert done.returncode == 2
    assert "world_size = 2" in done.stderr and "torchrun" in done.stderr


def test_a_second_job_in_the_same_place_is_told_who_holds_it(tmp_path, capsys):
    (tmp_path / ".owner").write_text("process 42 since 12:00:00 UTC")
    with FileLock(tmp_path / ".lock"):
        assert main(["curves", "--out", str(tmp_path)]) == 2
    assert "process 42" in capsys.readouterr().err


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(28, "No space left on device")])
def test_an_output_place_that_cannot_be_written_is_one_line(tmp_path, capsys, monkeypatch, error):
    def refuse(*args, **kwargs):
        raise error

    monkeypatch.setattr("labgpt.record.tempfile.mkstemp", refuse)
    assert main(["train", "--save-spec", str(tmp_path / "spec.json")]) == 2
    assert error.strerror in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_file_where_a_folder_should_be(tmp_path, capsys):
    place = tmp_path / "taken"
    place.write_text("mine")
    assert main(["curves", "--out", str(place)]) == 2
    assert "taken" in capsys.readouterr().err
    assert place.read_text() == "mine"


def test_torchrun_absent_is_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["train", "--world-size", "2", "--store", str(tmp_path)]) == 2
    assert "torchrun" in capsys.readouterr().err


def test_ctrl_c_is_130_and_says_how_to_go_on(tmp_path):
    job = subprocess.Popen([sys.executable, "-m", "labgpt", "train", "--tokens", "20000000", "--store", str(tmp_path)],
                           stderr=subprocess.PIPE, text=True, env=os.environ | {"LABGPT_QUIET": "1"})
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("*/status.json")) and time.monotonic() < deadline:
        time.sleep(0.1)
    job.send_signal(signal.SIGINT)
    said = job.communicate(timeout=30)[1]
    assert job.returncode == 130
    assert "again to go on" in said and "Traceback" not in said


def test_train_then_sample_then_list(tmp_path, capsys):
    assert main(["train", "--d-model", "8", "--tokens", "4096", "--store", str(tmp_path)]) == 0
    assert "val_loss" in capsys.readouterr().out
    run = next(tmp_path.glob("*/spec.json")).parent
    assert main(["sample", str(run), "--n", "5"]) == 0
    assert len(capsys.readouterr().out.split()) == 5
    assert main(["runs", "--store", str(tmp_path)]) == 0
    assert "done" in capsys.readouterr().out
    assert json.loads((run / "spec.json").read_text())["science"]["model"]["d_model"] == 8


def test_a_model_of_tales_goes_on_with_a_story(tmp_path, capsys):
    assert main(["train", "--d-model", "8", "--corpus", "tales:millions=1", "--tokens", "4096", "--store", str(tmp_path)]) == 0
    run = str(next(tmp_path.glob("*/spec.json")).parent)
    capsys.readouterr()
    assert main(["sample", run, "--prompt", "Ada Hill was the ", "--n", "6"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Ada Hill was the ") and len(said.split()) <= 10 and not any(c.isdigit() for c in said)
    assert main(["sample", run, "--prompt", "Ada was a dragonfly"]) == 2
    assert "'dragonfly': not a word of this corpus" in capsys.readouterr().err


def test_every_verb_has_help(capsys):
    for verb in VERBS:
        with pytest.raises(SystemExit):
            cli.main([verb.__name__, "--help"])
        assert verb.__doc__.split("\n")[0].split(":")[0][:20] in " ".join(capsys.readouterr().out.split())


def test_cost_prints_a_bill_and_writes_the_same_as_json(tmp_path, capsys):
    out = tmp_path / "bill.json"
    stated = "--gpus 1024 --device a100 --mfu 0.45 --region FR --pue 1.1".split()
    assert main(["cost", "gpt3-175b", *stated, "--json", str(out)]) == 0
    said, bill = capsys.readouterr().out, json.loads(out.read_text())
    assert all(word in said for word in ("174,604,259,328 parameters", "days", "kWh", "CO2e", "56 g/kWh", "RunPod"))
    assert bill["parameters"] == 174_604_259_328 and bill["days"][0] == bill["days"][1] and bill["dollars"][0] < bill["dollars"][1]
    assert f"{bill['days'][0]:.3g} days" in said


def test_cost_of_a_spec_of_ours_and_of_the_list(tmp_path, capsys):
    path = tmp_path / "spec.json"
    assert main(["train", "--d-model", "32", "--save-spec", str(path)]) == 0
    assert main(["cost", str(path), "--device", "t4", "--tokens", "1e6", "--region", "57"]) == 0
    said = capsys.readouterr().out
    assert "69,632 parameters" in said and "no price known" in said and "57 g/kWh" in said
    assert main(["cost", "--list"]) == 0
    said = capsys.readouterr().out
    assert "mistral-7b" in said and "h100" in said and "PL 661.9" in said


def test_prepare_says_which_texts_there_are(capsys):
    assert main(["corpus", "prepare", "moby-dick"]) == 2
    assert capsys.readouterr().err.strip() == "labgpt: name = 'moby-dick': allowed is tinyshakespeare; other texts are read as file:PATH"
