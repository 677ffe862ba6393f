"""Texts from elsewhere, fetched when asked for and never otherwise: a pinned checksum, resumed where it broke off, whole or not there.

Ours because no library of the lab's resumes (pooch begins again). A file lies in $LABGPT_DATA, else in ~/.cache/labgpt.
"""

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from .base import Corpus
from .files import text_file

TRIES, WAIT_S = 4, 0.5  # tries in a row that bring nothing; seconds between them, doubled each time
STALL_S, PIECE = 20.0, 1 << 16  # seconds without a byte that end a try; bytes a read


@dataclass(frozen=True)
class Source:
    """One file: its address, its sha256, its bytes, and whose it is."""

    url: str
    sha256: str
    size: int
    licence: str


SOURCES = {
    "tinyshakespeare": Source(
        "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        1_115_394,
        "public domain (Shakespeare), from karpathy/char-rnn",
    ),
}


def place(name: str) -> Path:
    """Where the text of that name lies, or would lie. ValueError for a name that is not in SOURCES."""
    if name not in SOURCES:
        raise ValueError(f"name = {name!r}: allowed is {', '.join(SOURCES)}; other texts are read as file:PATH")
    return Path(os.environ.get("LABGPT_DATA") or Path.home() / ".cache" / "labgpt") / f"{name}.txt"


def prepare(name: str, tell: Callable[[str], None] = print) -> Path:
    """The text's file, fetched first where it is not there yet. `tell` gets size, origin and licence before anything is sent.

    ValueError in one line: no network, an address that answers otherwise, bytes that are not those pinned. What has
    come so far is kept, unless it is wrong, and the next call goes on from there.
    """
    path, source = place(name), SOURCES[name]
    if path.is_file() and _sha256(path) == source.sha256:
        tell(f"{name}: already here, {path}")
        return path
    part, host = path.with_suffix(".part"), urlsplit(source.url).hostname
    have = part.stat().st_size if part.is_file() else 0
    tell(f"{name}: {source.size:,} bytes from {host}, {source.licence}; to {path}" + (f"; {have:,} are here already" if have else ""))
    path.parent.mkdir(parents=True, exist_ok=True)
    _fetch(name, source, part)
    if (found := _sha256(part)) != source.sha256:  # also where more came than is pinned
        part.unlink()
        raise ValueError(f"{name}: what {host} sent has sha256 {found[:12]}…, allowed is {source.sha256[:12]}…; it was thrown away")
    os.replace(part, path)
    return path


def corpus(name: str) -> Corpus:
    """The text as a corpus, once prepare() has fetched it: the first 90 % for training. ValueError where it is not there."""
    path, source = place(name), SOURCES[name]
    if not path.is_file() or _sha256(path) != source.sha256:
        raise ValueError(f"corpus = {name!r}: not on this machine; `labgpt corpus prepare {name}` fetches it, {source.size:,} bytes")
    return replace(text_file(str(path)), name=name, licence=source.licence, provenance=f"{source.url}, sha256 {source.sha256}")


def _fetch(name: str, source: Source, part: Path) -> None:
    """Until `part` has source.size bytes; gives up after TRIES in a row that brought none."""
    from tqdm.auto import tqdm

    idle, size = 0, lambda: part.stat().st_size if part.is_file() else 0
    with tqdm(total=source.size, unit="B", unit_scale=True, desc=name) as bar:
        while (have := size()) < source.size:
            bar.n, why = have, "it ended early"
            try:
                _read(source, part, have, bar.update)
            except HTTPError as error:
                why = f"{error.code} {error.reason}"
                idle = idle if error.code >= 500 or error.code in (408, 429) else TRIES
            except (OSError, HTTPException) as error:  # no network, a stall, a connection cut
                why = str(getattr(error, "reason", None) or error) or type(error).__name__
            idle = 0 if size() > have else idle + 1
            if idle >= TRIES:
                raise ValueError(f"{name}: {urlsplit(source.url).hostname} does not send it ({' '.join(why.split())}); {size():,} of "
                                 f"{source.size:,} bytes are kept: with a network, the same command goes on") from None  # fmt: skip
            time.sleep(WAIT_S * 2**idle if idle else 0)


def _read(source: Source, part: Path, have: int, update: Callable[[int], object]) -> None:
    request = Request(source.url, headers={"Range": f"bytes={have}-"} if have else {})
    with urlopen(request, timeout=STALL_S) as answer:
        goes_on = have and answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        left = source.size - (have if goes_on else 0)
        with part.open("ab" if goes_on else "wb") as file:
            while data := answer.read1(PIECE):
                left -= file.write(data[:left + 1])  # one too many is enough for the checksum
                update(len(data))
                if left < 0:
                    break


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
