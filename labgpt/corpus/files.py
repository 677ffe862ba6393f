"""Text that is on this machine already: Python's own standard library, or a file of yours. Kept as bytes."""

import hashlib
import math
import sys
import sysconfig
from pathlib import Path

import numpy as np

from labgpt import spec as specs

from .base import Corpus

# Left out: tests (data tables and repeated boilerplate), idlelib and lib2to3 (absent on many builds), what users install.
LEFT_OUT = {"test", "tests", "idlelib", "lib2to3", "site-packages", "dist-packages", "__pycache__"}
MOST_BYTES = 1 << 17  # of a package's file: larger ones are mostly tables
VAL_ONE_IN = 20  # files go to validation by a hash of their name, so a file is never in both


def _split(documents: dict[str, bytes]) -> tuple[np.ndarray, np.ndarray]:
    """(train, val) uint8: each document followed by a newline, in an order drawn from the hash of its name.

    In path order a prefix of the stream would be one package's code; a hash order makes any stretch a mixture.
    """
    named = sorted((hashlib.sha256(name.encode()).digest(), text) for name, text in documents.items())
    val = b"\n".join(text for key, text in named if key[-1] % VAL_ONE_IN == 0)
    train = b"\n".join(text for key, text in named if key[-1] % VAL_ONE_IN != 0)
    return np.frombuffer(train, dtype=np.uint8), np.frombuffer(val, dtype=np.uint8)


def hashed(train: np.ndarray, val: np.ndarray) -> str:
    digest = hashlib.sha256(len(train).to_bytes(8, "little"))
    digest.update(train)
    digest.update(val)
    return digest.hexdigest()


def _sources(root: Path, most: float) -> dict[str, bytes]:
    """{path: text} of the .py files below a folder, as far as they are not LEFT_OUT and have no more than `most` bytes."""
    kept = (p for p in root.rglob("*.py") if not LEFT_OUT & set(p.relative_to(root).parts[:-1]))
    documents = {}
    for path in (p for p in kept if not p.name.startswith("_sysconfigdata")):  # that one records where this Python was built
        try:
            if path.stat().st_size <= most:
                documents[path.relative_to(root).as_posix()] = path.read_bytes().replace(b"\r\n", b"\n")
        except OSError:
            continue  # an unreadable file is not part of the corpus; the hash says so
    return documents


def python_source(name: str) -> Corpus:
    """The .py files of this Python's standard library; with `packages=1` also those of what is installed beside it, each text once.

    It differs between Python versions, so its hash stands in every spec.
    """
    documents, packages = _sources(Path(sysconfig.get_path("stdlib")), math.inf), specs.knobs(name)["packages"]
    if packages:
        documents |= _sources(Path(sysconfig.get_path("purelib")), MOST_BYTES)
        once = {text: path for path, text in sorted(documents.items())}
        documents = {path: text for text, path in once.items()}
    train, val = _split(documents)
    if len(train) < 1 << 20:
        raise ValueError(
            f"corpus pysource: only {len(train)} bytes of standard library source found at this Python; "
            "allowed is 1 MiB or more; try `corpus=file:PATH` with a text of yours, or zipf-markov"
        )
    version = ".".join(map(str, sys.version_info[:3]))
    about = f"standard library of Python {version}{' and its packages' if packages else ''}, {len(documents)} files"
    return Corpus(name, train, val, hashed(train, val), "many" if packages else "PSF-2.0", about)


def text_file(path: str) -> Corpus:
    """A file of yours, as bytes: the first 90 % for training, the last 10 % for validation."""
    try:
        size = Path(path).stat().st_size
        text = np.memmap(path, np.uint8, "r") if size else np.zeros(0, np.uint8)  # read when it is looked at, not now
    except OSError as error:
        raise ValueError(f"corpus = 'file:{path}': {error.strerror}; allowed is the path of a readable text file") from None
    if size < 1000:
        raise ValueError(f"corpus = 'file:{path}': {size} bytes; allowed is 1000 or more, so that there is something to validate on")
    cut = size * 9 // 10
    return Corpus(f"file:{path}", text[:cut], text[cut:], hashed(text[:cut], text[cut:]), "yours", f"file {Path(path).name}")
