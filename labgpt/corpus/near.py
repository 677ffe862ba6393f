"""Near-duplicates: MinHash (Broder 1997) with banded look-up from `datasketch`, each find confirmed by the exact Jaccard index.

Threshold .8 over 5-word shingles, as Lee et al. 2022. 25 bands of 5 rows miss a pair at .8 once in 20,000.
"""

import tempfile
from array import array
from functools import lru_cache
from hashlib import blake2b

import numpy as np

BANDS, ROWS = 25, 5


def shingles(text: str, size: int = 5) -> np.ndarray:
    """Sorted uint64 hashes of the text's runs of `size` words (of all of it where it is shorter), lower case."""
    words = text.lower().split()
    runs = {" ".join(words[i : i + size]) for i in range(max(len(words) - size + 1, 1))}
    return np.sort(np.frombuffer(b"".join(blake2b(run.encode(), digest_size=8).digest() for run in runs), dtype="<u8"))


def jaccard(a: np.ndarray, b: np.ndarray) -> float:
    """Shared over all shingles, of two sets as `shingles` gives them."""
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / max(len(a) + len(b) - shared, 1)


def sketch(hashes: np.ndarray) -> np.ndarray:
    """The set's MinHash signature: (125,) uint32."""
    made = _empty().copy()
    made.update_batch((hashes & np.uint64(0xFFFFFFFF)).tolist())
    return made.hashvalues


@lru_cache(maxsize=1)
def _empty():
    from datasketch import MinHash

    return MinHash(BANDS * ROWS, hashfunc=int, scheme="affine32")


class Index:
    """What has been kept so far. In memory: signatures and their bands, some 8 kB a document; shingles lie in a temporary file."""

    def __init__(self, threshold: float = 0.8):
        from datasketch import MinHashLSH

        self.threshold, self.lsh = threshold, MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
        self.file, self.ends = tempfile.TemporaryFile(), array("Q", [0])

    def twin(self, hashes: np.ndarray, signature: np.ndarray) -> int | None:
        """The number of the first kept document at least `threshold` alike; None, and the document is kept, where there is none."""
        made = _empty().copy()
        made.hashvalues = signature
        for number in sorted(self.lsh.query(made)):
            start, end = self.ends[number], self.ends[number + 1]
            self.file.seek(start)
            if jaccard(hashes, np.frombuffer(self.file.read(end - start), dtype="<u8")) >= self.threshold:
                return number
        self.lsh.insert(len(self.ends) - 1, made, check_duplication=False)
        self.file.seek(self.ends[-1])
        self.file.write(hashes.tobytes())
        self.ends.append(self.ends[-1] + hashes.nbytes)
        return None
