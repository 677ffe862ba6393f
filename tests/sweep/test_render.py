"""Launch files: they parse, they start the number of processes that the spec asks for, and wrong wishes are one line."""

import shlex
import subprocess

import pytest

from labgpt.cli import main
from labgpt.spec import RunSpec, derive
from labgpt.sweep.render import render


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "spec.json"
    path.write_text(derive(16, n_head=2, name="adamw").to_json())
    return path


def test_torchrun_s_line_is_one_that_torchrun_takes(spec, capsys):
    from torch.distributed.run import parse_args

    assert main(["launch", str(spec), "--nproc", "8", "--nodes", "2", "--render", "torchrun"]) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    args = parse_args(shlex.split(line)[1:])
    assert (args.nnodes, args.nproc_per_node, args.training_script) == ("2", "4", "labgpt.train")
    assert RunSpec.read(args.training_script_args[0]).execution.world_size == 8


def test_a_slurm_script_is_a_shell_script_with_one_task_a_machine(spec, capsys):
    assert main(["launch", str(spec), "--nproc", "8", "--nodes", "4", "--render", "slurm"]) == 0
    said = capsys.readouterr().out
    assert subprocess.run(["bash", "-n"], input=said, text=True).returncode == 0
    assert "--nodes=4" in said and "--ntasks-per-node=1" in said and "--nproc_per_node 2" in said and "gpus" not in said
    many = derive(64, batch_size=32, world_size=16, device="cuda")
    assert "--gpus-per-node=8" in render(many, "spec.json", 2, "slurm")


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "a study.toml"
    path.write_text("widths = [8, 16, 24]\nbudgets = [2048]\n[set]\nbatch_size = 8\n")
    return path


def test_an_array_calls_every_part_of_a_study_once(study, capsys, tmp_path):
    assert main(["launch", str(study), "--nodes", "3", "--nproc", "4", "--render", "slurm", "--store", str(tmp_path / "s")]) == 0
    said = capsys.readouterr().out
    assert "--array=0-2\n" in said and "--cpus-per-task=4" in said and "gpus" not in said
    # Run as SLURM would, with an srun that writes down what it is given and says that it was interrupted.
    (tmp_path / "srun").write_text('#!/bin/bash\nprintf "%s\\n" "$@"\nexit 130\n')
    (tmp_path / "scontrol").write_text('#!/bin/bash\necho asked "$@"\n')
    for name in ("srun", "scontrol"):
        (tmp_path / name).chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SLURM_ARRAY_TASK_ID": "1", "SLURM_JOB_ID": "77"}
    done = subprocess.run(["bash", "-s"], input=said, text=True, env=env, capture_output=True)
    words = done.stdout.splitlines()
    assert words[3:] == ["sweep", "run", str(study), "--shard", "1/3", "--store", str(tmp_path / "s"), "asked requeue 77"]
    assert done.returncode == 130
    study.write_text(study.read_text() + 'device = "cuda"\n')
    assert main(["launch", str(study), "--nproc", "2", "--render", "slurm"]) == 0
    said = capsys.readouterr().out
    assert "--gpus-per-node=2" in said and "--gpus 2 " in said


@pytest.mark.parametrize(("args", "said"), [
    ([], "slurm"), (["--render", "torchrun"], "slurm"), (["--render", "slurm", "--nodes", "4"], "1 to 3"),
])  # fmt: skip
def test_a_slip_in_an_array_is_one_line(study, args, said, capsys):
    assert main(["launch", str(study), *args]) == 2
    told = capsys.readouterr().err.strip()
    assert said in told and len(told.splitlines()) == 1


@pytest.mark.parametrize(("args", "said"), [
    (["--nproc", "8", "--nodes", "3", "--render", "slurm"], "nodes = 3"), (["--nproc", "4", "--nodes", "2"], "--render"),
    (["--nproc", "5"], "world_size = 5"),
])  # fmt: skip
def test_a_slip_is_one_line(spec, args, said, capsys):
    assert main(["launch", str(spec), *args]) == 2
    told = capsys.readouterr().err.strip()
    assert said in told and len(told.splitlines()) == 1
