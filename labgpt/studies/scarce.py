"""What to do when data runs out: text read again, weight decay, copies, noise, a second language. All on known truth.

A group's name is FAMILY:KNOB; every run of the lesson is of width 32 and, but for "own", trains on D tokens.
"""

from labgpt import sweep
from labgpt.spec import RunSpec

K = 1 << 10
D = 512 * K
READINGS = (1, 2, 4, 8, 16, 32, 64)
OWN, OWN_READINGS = 64 * K, (1, 2, 4, 8, 16, 32)
DECAYS = (0.1, 0.3, 1.0, 3.0)
COPIES = (4, 16, 64, 256)  # of what makes up a quarter of the text
SCARCE, SHARES = 16 * K, (1 / 32, 1 / 8, 1 / 4, 1 / 2)  # of the rows trained on, from the scarce language
WIDTHS = (16, 32, 64)


def copied(times: int) -> dict:
    """D tokens of which three quarters stand there once and a quarter is one small text, `times` times."""
    few = D // 4 // times
    return {"copied_tokens": few, "copies": times, "unique_tokens": D * 3 // 4 + few}


def mixed(share: float) -> dict:
    """`share` of the rows from 16,384 tokens of zipf-markov, the others from zipf-dialect, which does not run out."""
    return {"unique_tokens": SCARCE, "other": "zipf-dialect", "other_share": 1 - share}


def lesson(seeds: int = 1, scale: int = 1) -> dict[str, list[RunSpec]]:
    def at(budgets: tuple[int, ...] = (D,), **changes: object) -> list[RunSpec]:
        return sweep.grid([32 * scale], budgets, seeds=seeds, **changes)

    return {
        "own": at(tuple(OWN * e for e in OWN_READINGS), unique_tokens=OWN),
        **{f"repeat:{r}": at(unique_tokens=D // r) for r in READINGS},
        **{f"decay-{r}:{w:g}": at(unique_tokens=D // r, weight_decay=w) for r in (1, 16) for w in DECAYS},
        **{f"decay-32:{w:g}": at(unique_tokens=SCARCE, weight_decay=w) for w in DECAYS[2:]},
        **{f"copies:{c}": at(**copied(c)) for c in COPIES},
        "dedup": at((D * 3 // 4, D), unique_tokens=D * 3 // 4),  # the copied quarter taken out: read once, and for as long as before
        **{f"noise:{q:g}": at(noise=q) for q in (0.1, 0.2, 0.4)},
        **{f"junk:{q:g}": at(noise=q, noise_in="rows") for q in (0.2, 0.4)},
        **{f"mix:{s:g}": at(**mixed(s)) for s in SHARES},
    }


def study(seeds: int) -> dict[str, list[RunSpec]]:
    """Repeats at two more sizes beside runs that never repeat, for the law; and validation loss over epochs, three sizes by three U."""
    return {
        "fresh": sweep.grid([16, 64], (D // 4, D // 2, D, 2 * D), seeds=seeds),
        **{f"repeat:{r}": sweep.grid([16, 64], (D,), seeds=seeds, unique_tokens=D // r) for r in READINGS[1:5]},
        **{
            f"own:{u}": sweep.grid(WIDTHS, tuple(u * e for e in (1, 2, 4, 8, 16) if u * e <= 2 * D), seeds=seeds, unique_tokens=u)
            for u in (32 * K, 64 * K, 128 * K)
        },
    }
