"""Checkpoints: where a run stands, so that a stopped one goes on to the same bits.

    checkpoints/00000512.safetensors   every tensor: weights, optimisers' states, random state, a branch's losses and its trunk
    checkpoints/00000512.json          where in the plan, the rows so far, and the hashes of both files

The JSON is written last: without one that holds its own hash and the tensors', a checkpoint does not exist. So whatever
byte is missing or changed, the file is named and the one before it is taken.
"""

import json
from dataclasses import asdict
from pathlib import Path

from safetensors.torch import load, save

from labgpt.record import Row, RunDir, sha256, write_atomic
from labgpt.spec import RunSpec
from labgpt.spec.run import need

from .loop import Position, Trainer
from .optim import STATES

KEEP = 2


def write(place: RunDir, trainer: Trainer, rows: list[Row]) -> Path:
    """Write where `trainer` stands, then drop all but the last KEEP. Raises OSError when the disk is full.

    Where no rank holds everything, the others call `state` meanwhile.
    """
    at, tensors = trainer.at, state(trainer)
    tensors |= {f"losses.{i}": loss for i, loss in enumerate(at.losses)}
    body = save({name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()})
    path = place.checkpoints / f"{at.done:08d}.safetensors"
    write_atomic(path, body)
    where = {"run_id": trainer.spec.run_id, "stage": at.stage, "step": at.step, "done": at.done, "trunk_s": at.trunk_s}
    where |= {"branch_s": at.branch_s, "rows": [asdict(row) for row in rows], "tensors_sha256": sha256(body)}
    text = json.dumps(where, sort_keys=True)
    write_atomic(path.with_suffix(".json"), json.dumps({"sha256": sha256(text), "checkpoint": text}) + "\n")
    kept = sorted(place.checkpoints.glob("*.json"))[-KEEP:]
    for old in place.checkpoints.glob("*.*"):
        if old.with_suffix(".json") not in kept and not old.name.startswith("."):
            old.unlink(missing_ok=True)
    return path


def state(trainer: Trainer) -> dict:
    """All that a step changes, and the trunk where a branch has left it, in whole tensors. Every rank has to call it where they are cut."""
    parts = trainer.snapshot("now.") | (trainer.at.kept or {})
    if not trainer.spec.execution.sharded:
        return parts
    found = {name: t for name, t in parts.items() if ".random" in name}
    for prefix in dict.fromkeys(name.split(".")[0] for name in parts):
        keys = [f"model.{name}" for name in trainer.replicas.shapes]
        if any(name.startswith(f"{prefix}.optimizer") for name in parts):  # none yet before the first step
            for i, (optimizer, order) in enumerate(zip(trainer.optimizers, trainer.order, strict=True)):
                keys += [f"optimizer.{i}.{place}.{what}" for place in range(len(order)) for what in STATES[type(optimizer).__name__]]
        for key in keys:
            name, mine = trainer.belongs(key), parts.get(f"{prefix}.{key}")
            number = key.endswith(".step")
            found[f"{prefix}.{key}"] = trainer.replicas.number(name, mine) if number else trainer.replicas.together([name], [mine])[0]
    return found


def own(trainer: Trainer, whole: dict, prefix: str) -> dict:
    """What this rank has of the whole tensors under a prefix."""
    found = {name: t for name, t in whole.items() if name.startswith(prefix)}
    if trainer.spec.execution.sharded:
        for name, t in found.items():
            if t.ndim and ".random" not in name:
                found[name] = trainer.replicas.part(trainer.belongs(name.removeprefix(prefix)), t, trainer.group.rank)
    return found


def resume(place: RunDir, trainer: Trainer) -> tuple[list[Row], list[str]]:
    """Put `trainer` where the newest good checkpoint stands: (its rows, a line for each bad one passed over).

    Every rank calls this before the first step; none writes until all have stepped, so all see the same files.
    """
    notes = []
    for path in sorted(place.checkpoints.glob("*.json"), reverse=True):
        try:
            where, tensors = read(path, trainer.spec.run_id)
        except (ValueError, OSError) as error:
            notes.append(f"checkpoint {path.stem} is not used: {str(error).splitlines()[0]}")
            continue
        device = trainer.spec.execution.device
        losses = [tensors[f"losses.{i}"].to(device) for i in range(sum(name.startswith("losses.") for name in tensors))]
        kept = {name: t.to(device) for name, t in own(trainer, tensors, "kept.").items()}
        trainer.restore(own(trainer, tensors, "now."), "now.")
        position = {name: where[name] for name in ("stage", "step", "done", "trunk_s", "branch_s")}
        trainer.at = Position(**position, losses=losses, kept=kept or None)
        return [Row(**row) for row in where["rows"]], notes
    return [], notes


def read(path: Path, run_id: str) -> tuple[dict, dict]:
    """(position, tensors) of a checkpoint, whole and of this run; ValueError or OSError says what is wrong."""
    outer = json.loads(path.read_text(encoding="utf-8"))
    text = outer.get("checkpoint") if isinstance(outer, dict) else None
    if not isinstance(text, str) or outer.get("sha256") != sha256(text):
        raise ValueError("its JSON is not what was written")
    where = json.loads(text)
    if where["run_id"] != run_id:
        raise ValueError(f"it belongs to run {where['run_id']}")
    body = path.with_suffix(".safetensors").read_bytes()
    if sha256(body) != where["tensors_sha256"]:
        raise ValueError("its tensors are not what was written")
    return where, load(body)


def adopt(old: RunDir, place: RunDir, spec: RunSpec) -> int:
    """Let `spec`'s run, not begun yet, go on from where another run of the same science stopped: other processes, same model.

    With reduction "tree" on both sides the weights end as the same bits. Returns the steps done so far. Raises ValueError
    where the science differs, or where the old run has no good checkpoint.
    """
    before = RunSpec.read(old.spec)
    need(before.spec_id == spec.spec_id, "adopt", str(old.path), f"a run of the same science (spec_id {spec.spec_id})")
    for path in sorted(old.checkpoints.glob("*.json"), reverse=True):
        try:
            where, _ = read(path, before.run_id)
        except (ValueError, OSError):
            continue
        rows = [row | {"run_id": spec.run_id} for row in where["rows"]]
        text = json.dumps(where | {"run_id": spec.run_id, "rows": rows}, sort_keys=True)
        write_atomic((place.checkpoints / path.name).with_suffix(".safetensors"), path.with_suffix(".safetensors").read_bytes())
        write_atomic(place.checkpoints / path.name, json.dumps({"sha256": sha256(text), "checkpoint": text}) + "\n")
        return where["done"]
    raise ValueError(f"adopt = {str(old.path)!r}: no good checkpoint there; allowed is a run that was stopped")
