"""`labgpt VERB`: each verb a thin call into a room. `labgpt --help` lists them, `labgpt VERB --help` every field."""

import signal
import sys
import threading

import tyro
from tyro.conf import Positional

from labgpt.bench.verbs import VERBS as BENCH

from .corpus import check, clean, listing, prepare, stats
from .corpus import sample as sample_corpus
from .cost import cost, simulate
from .course import doctor, exercise, grade, lab, reference, start, test
from .fit import fit, forecast
from .runs import curves, launch, sample, tokens, train
from .sweeps import report, runs, sweep


def corpus(name: Positional[str]) -> None:
    """Look at text and clean it; `labgpt corpus --help` lists how.

    Args:
        name: list, prepare, sample, check, stats or clean, then its own options.
    """


def bench(name: Positional[str]) -> None:
    """Measure speed and sturdiness; `labgpt bench --help` lists what.

    Args:
        name: what, then its own options.
    """


VERBS = (
    *(curves, train, launch, sweep, tokens, sample, runs, report, fit, forecast, cost, simulate, corpus),
    *(grade, exercise, start, lab, doctor, test, bench, reference),
)
CORPUS = {"list": listing, "prepare": prepare, "sample": sample_corpus, "check": check, "stats": stats, "clean": clean}
GROUPS = {"corpus": CORPUS, "bench": {verb.__name__: verb for verb in BENCH}}  # main hands what follows these words to their own verbs


def _leave(*_: object) -> None:
    """On SIGTERM as on Ctrl-C: workers are told, and write checkpoints. Told again, it is on its way already."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def main(args: list[str] | None = None) -> int:
    """Run a verb. 0 done; 2 with one line for a slip; 130 when interrupted, by Ctrl-C or by SIGTERM (a cluster's notice)."""
    args = sys.argv[1:] if args is None else args
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _leave)
    try:
        verbs, prog, about = {verb.__name__: verb for verb in VERBS}, "labgpt", "Learn and do language-model scaling on the machine at hand"
        if args and args[0] in GROUPS:
            about = verbs[args[0]].__doc__.partition(";")[0]
            verbs, prog, args = GROUPS[args[0]], f"labgpt {args[0]}", args[1:]
        tyro.extras.subcommand_cli_from_dict(verbs, prog=prog, args=args, description=f"{about}.")
    except (ValueError, RuntimeError, TimeoutError, OSError) as error:
        print(f"labgpt: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nlabgpt: interrupted; what is finished is kept: give the same command again to go on", file=sys.stderr)
        return 130
    return 0
