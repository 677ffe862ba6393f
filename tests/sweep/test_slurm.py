"""A rendered array on a real SLURM: two nodes on this machine, brought up and taken down here. One part is requeued in the middle."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import pytest

from labgpt.cli import main
from labgpt.record import TABLE, RunDir
from labgpt.sweep import Study, share

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue")
STUDY = "widths = [8, 16, 24, 32]\nbudgets = [262144, 1048576]\n[set]\nval_tokens = 8192\n"
CONF = """
ClusterName=lab
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={home}/munge.sock
CredType=cred/munge
StateSaveLocation={home}/state
SlurmdSpoolDir={home}/spool-%n
SlurmctldPidFile={home}/controller.pid
SlurmdPidFile={home}/%n.pid
SlurmctldLogFile={home}/controller.log
SlurmdLogFile={home}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
MailProg=/bin/true
ReturnToService=2
KillWait=20
NodeName=one NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=1 RealMemory=1000
NodeName=two NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=1 RealMemory=1000
PartitionName=lab Nodes=one,two Default=YES MaxTime=INFINITE State=UP
"""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (hasattr(os, "geteuid") and os.geteuid() == 0 and all(map(shutil.which, PROGRAMS))),
        reason="needs root and SLURM's programs; on Debian: apt-get install slurm-wlm munge",
    ),
]


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def until(true, seconds: float, what: str):
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.2)
    return found


@pytest.fixture
def slurm(monkeypatch):
    """`slurm(PROGRAM, …)` -> its words, on a cluster of two nodes of one core each."""
    home = Path(tempfile.mkdtemp(prefix="slurm-"))  # short: a socket's path has at most 107 letters
    (home / "state").mkdir()
    (home / "munge.key").write_bytes(os.urandom(256))
    (home / "munge.key").chmod(0o400)
    (home / "slurm.conf").write_text(CONF.format(home=home, host=socket.gethostname().partition(".")[0], ports=free_ports(3)))
    monkeypatch.setenv("SLURM_CONF", str(home / "slurm.conf"))
    munge = {"key-file": "munge.key", "socket": "munge.sock", "pid-file": "munge.pid", "log-file": "munge.log", "seed-file": "munge.seed"}
    daemons = (
        ["munged", "--foreground", "--force", *(f"--{name}={home / file}" for name, file in munge.items())],
        ["slurmctld", "-D"],
        *(["slurmd", "-D", "-N", node] for node in ("one", "two")),
    )

    def ask(*words: str) -> str:
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout.strip()

    started = []
    try:
        for command in daemons:
            with open(home / f"{command[0]}.out", "a") as log:
                started.append(subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL))
            until((home / "munge.sock").exists, 10, "munged's socket")
        until(lambda: ask("sinfo", "-h", "-t", "idle", "-o", "%D") == "2", 30, "two idle nodes")
        yield ask
        subprocess.run(["scancel", "--user", "root"], timeout=60)
        until(lambda: not ask("squeue", "-h"), 60, "an empty queue")
    finally:
        for daemon in reversed(started):
            daemon.terminate()
        for daemon in reversed(started):
            daemon.wait(30)
        shutil.rmtree(home)


def test_an_array_with_a_requeued_part_gives_the_local_pool_s_table(slurm, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("LABGPT_QUIET", "1")
    Path("study.toml").write_text(STUDY)
    assert main(["launch", "study.toml", "--nodes", "2", "--render", "slurm", "--store", "shared"]) == 0
    Path("array.sh").write_text(capsys.readouterr().out)

    began, specs = time.monotonic(), Study.read("study.toml").specs()
    first = RunDir(tmp_path / "shared" / share(specs, "1/2")[0].run_id)
    job = slurm("sbatch", "--parsable", "array.sh")
    until(lambda: first.status().get("steps", 0) > 100, 120, "the second part's first run under way")
    assert sorted(slurm("squeue", "-h", "-o", "%N %T").splitlines()) == ["one RUNNING", "two RUNNING"]
    slurm("scontrol", "requeue", f"{job}_1")
    stopped = until(lambda: sorted(first.checkpoints.glob("*.json")), 30, "a checkpoint on SIGTERM")[-1]
    assert 100 < int(stopped.stem) < 512 and first.finished_rows() is None
    until(lambda: "two" not in slurm("squeue", "-h", "-o", "%N"), 60, "the part's end")
    slurm("scontrol", "update", f"JobId={job}_1", "StartTime=now")  # else it waits for two minutes
    until(lambda: "two RUNNING" in slurm("squeue", "-h", "-o", "%N %T"), 60, "the part back on its node")
    assert "Restarts=1" in slurm("scontrol", "show", "job", f"{job}_1")
    until(lambda: not slurm("squeue", "-h"), 240, "the array's end")
    with capsys.disabled():
        print(f"\n{len(specs)} runs in an array of 2, one part requeued at step {int(stopped.stem)}: {time.monotonic() - began:.0f} s")
    said = Path(f"labgpt-study-{job}_1.log").read_text()
    assert "REQUEUE" in said and "labgpt: interrupted" in said

    for store in ("shared", "local"):  # the first trains nothing
        assert main(["sweep", "run", "study.toml", "--store", store, "--csv", f"{store}.csv"]) == 0
    shared, local = (pd.read_csv(f"{name}.csv")[list(TABLE)].to_csv(index=False) for name in ("shared", "local"))
    assert shared == local
    weights = [[RunDir(tmp_path / store / spec.run_id).status()["weights_sha256"] for spec in specs] for store in ("shared", "local")]
    assert weights[0] == weights[1]
