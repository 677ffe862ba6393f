"""What a run leaves on disk: spec.json, rows.jsonl, status.json, model.safetensors; and how it is written.

Every write is atomic (temporary file, fsync, rename), so a killed process leaves the old file or the new one. Rows count
only when status.json says "done" and holds their hash: a half-finished run is never read as a whole one.
"""

import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from labgpt import __version__

TABLE = (
    "run_id", "spec_id", "corpus", "seed", "branch", "n_total", "n_nonemb", "n_matmul", "tokens",
    "flops", "val_loss", "bits_per_byte", "bayes_loss",
)  # fmt: skip  # the columns of runs.csv, in order


@dataclass(frozen=True)
class Row:
    """One evaluation: a model of a given size after `tokens` tokens, its learning rate cooled to zero.

    val_loss, train_loss, bayes_loss are nats a token; bits_per_byte is None where tokens are not bytes of text;
    bayes_loss is the loss of the true next-token distribution on the same validation tokens, None where unknown;
    train_loss is over the last step's batch; flops are training matmuls, causal attention counted half; seconds are of
    optimisation, evaluation left out, along the trunk and this branch.
    """

    run_id: str
    spec_id: str
    corpus: str
    seed: int
    branch: str
    n_total: int
    n_nonemb: int
    n_matmul: int
    tokens: int
    flops: int
    val_loss: float
    bits_per_byte: float | None
    bayes_loss: float | None
    train_loss: float
    seconds: float
    d_model: int
    n_layer: int
    batch_size: int
    world_size: int
    reduction: str


def write_atomic(path: str | Path, data: str | bytes, durable: bool = True) -> None:
    """Write a whole file or nothing. `durable=False` skips the fsync (for progress notes, which may be lost)."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = data.encode() if isinstance(data, str) else data
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(raw)
            if durable:
                out.flush()
                os.fsync(out.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: str | Path, value: object) -> None:
    write_atomic(path, json.dumps(value, indent=1) + "\n")


def sha256(data: str | bytes) -> str:
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def read_json(path: str | Path) -> dict:
    """The object in a JSON file; {} where there is none or it cannot be read."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


class RunDir:
    """A run's directory in the store, `STORE/RUN_ID/`."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.spec = self.path / "spec.json"
        self.rows_file = self.path / "rows.jsonl"
        self.status_file = self.path / "status.json"
        self.weights = self.path / "model.safetensors"
        self.claim = self.path / "claim.lock"
        self.checkpoints = self.path / "checkpoints"

    def status(self) -> dict:
        """The last status written, {} where there is none or it cannot be read."""
        return read_json(self.status_file)

    def write_status(self, durable: bool = True, **status: object) -> None:
        write_atomic(self.status_file, json.dumps(status, indent=1, sort_keys=True) + "\n", durable)

    def write_rows(self, rows: list[Row]) -> str:
        """Write all rows so far; returns their sha256."""
        text = "".join(json.dumps(asdict(row)) + "\n" for row in rows)
        write_atomic(self.rows_file, text)
        return sha256(text)

    def finished_rows(self) -> list[dict] | None:
        """The rows of a finished run; None where it is not finished, or its rows are not the ones its status vouches for."""
        status = self.status()
        if status.get("state") != "done":
            return None
        try:
            raw = self.rows_file.read_bytes()
        except OSError:
            return None
        if sha256(raw) != status.get("rows_sha256"):
            return None
        return [json.loads(line) for line in raw.decode().splitlines()]


@lru_cache(maxsize=1)
def provenance() -> dict:
    """Where numbers came from: commit, versions, machine. Holds no host name, user or path."""
    here = Path(__file__).parent
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], cwd=here, capture_output=True, text=True, timeout=10
        )
        commit_id = commit.stdout.strip() or "unknown"
    except (OSError, subprocess.SubprocessError):
        commit_id = "unknown"
    return {
        "commit": commit_id,
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "executable": Path(sys.executable).name,
        "labgpt": __version__,
        **{name: installed(name) or "not installed" for name in ("torch", "numpy", "scipy")},
    }


def installed(name: str) -> str | None:
    """The version of a package, None where it is missing."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
