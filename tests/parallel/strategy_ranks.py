"""`python strategy_ranks.py FOLDER`: runs the jobs in FOLDER/jobs.json, each on W ranks by fork: torch is loaded once.

A job {ranks, changes, stop, after}: a run with changes; stopped by SIGTERM after `stop` steps; begun where job number `after` stood.
FOLDER/found.json: for each job {losses, weights, code: the exit code of rank 0}.
"""

import json
import os
import signal
import socket
import sys
import traceback
from pathlib import Path

import torch

from labgpt import corpus
from labgpt.record import RunDir
from labgpt.spec import derive, replace
from labgpt.tokens import prepare
from labgpt.train import Stopped, checkpoint, run

STEPS, ROWS = 20, 24  # 24 rows and 12 heads: three ranks can share them too
SHAPE = {"n_layer": 4, "n_head": 12, "batch_size": ROWS, "val_tokens": 512, "warmup_steps": 2}


def spec(job: dict):
    how = {"world_size": job["ranks"], "budgets": tuple(ROWS * 64 * i for i in job.get("budgets", (1, 2, 5, 10, STEPS)))}
    pipe = {"microbatches": 4} if job["changes"].get("strategy") in ("gpipe", "1f1b") else {}
    return corpus.pin(replace(derive(24), **SHAPE | {"cooldown": 0.0} | how | pipe | job["changes"]))


def rank(job: dict, number: int, place: Path) -> int:
    if number == 0 and "stop" in job:
        write = checkpoint.write

        def write_then_ask(where, trainer, rows):
            write(where, trainer, rows)
            if trainer.at.done == job["stop"]:
                os.kill(os.getpid(), signal.SIGTERM)  # heard after the next step

        checkpoint.write = write_then_ask
    try:
        run(spec(job), place, checkpoint_every_s=0.0 if "stop" in job else 1e9)
    except Stopped as stopped:
        return stopped.code
    return 0


def start(job: dict, place: Path) -> int:
    free = socket.create_server(("127.0.0.1", 0))
    at = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1]), "WORLD_SIZE": str(job["ranks"])}
    free.close()
    children = []
    for number in range(job["ranks"]):
        child = os.fork()
        if child == 0:
            os.environ |= at | {"RANK": str(number), "LOCAL_RANK": str(number)}
            code = 1
            try:
                code = rank(job, number, place)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    lost = codes[0] and job["changes"]["strategy"] == "ddp"  # there nobody is told: the others find rank 0 gone
    if codes[0] not in (0, 128 + signal.SIGTERM) or any(codes[1:]) and not lost:
        raise SystemExit(f"{job}: exit codes {codes}")
    return codes[0]


def main(place: Path) -> None:
    torch.set_num_threads(1)
    found = []
    for i, job in enumerate(json.loads((place / "jobs.json").read_text())):
        store, how = place / str(i), spec(job)
        if "after" in job:
            old = next((place / str(job["after"])).iterdir())
            checkpoint.adopt(RunDir(old), RunDir(store / how.run_id), how)
        prepare(how.science)  # the children have it then
        code = start(job, store)
        rows = RunDir(store / how.run_id).finished_rows() or []
        found.append({"losses": [row["val_loss"] for row in rows], "weights": str(store / how.run_id / "model.safetensors"), "code": code})
        (place / "found.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
