"""`python -m labgpt.train SPEC.json [--store DIR]`: one run, alone or under torchrun."""

import argparse
import os
import sys
from pathlib import Path

from labgpt import corpus
from labgpt.record import RunDir
from labgpt.spec import RunSpec

from .checkpoint import adopt
from .outlook import outlook
from .run import CHECKPOINT_EVERY_S, Stopped, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m labgpt.train", description=__doc__)
    parser.add_argument("spec", help="a RunSpec as JSON")
    parser.add_argument("--store", default="runs/store", help="where run directories lie")
    parser.add_argument("--checkpoint-every", type=float, default=CHECKPOINT_EVERY_S, metavar="S", help="seconds between them")
    parser.add_argument("--adopt", metavar="RUN", help="first go where this stopped run of the same science stood, and train nothing")
    parser.add_argument("--plan", action="store_true", help="say memory and hours, and train nothing")
    args = parser.parse_args()
    try:
        if args.plan:
            if os.environ.get("RANK", "0") == "0":
                print(outlook(RunSpec.read(args.spec)))
            return 0
        if args.adopt:
            spec = corpus.pin(RunSpec.read(args.spec))
            steps = adopt(RunDir(args.adopt), RunDir(Path(args.store) / spec.run_id), spec)
            print(f"run {spec.run_id} stands at step {steps}; give the same line without --adopt, and it goes on from there")
            return 0
        place = run(RunSpec.read(args.spec), args.store, args.checkpoint_every)
    except (ValueError, TimeoutError, RuntimeError, OSError) as error:
        print(f"labgpt.train: {error}", file=sys.stderr)
        return 2
    except Stopped as stopped:
        print(f"labgpt.train: {stopped}", file=sys.stderr)
        return stopped.code
    for row in place.finished_rows() or []:
        print(f"{row['branch']}  N {row['n_matmul']:,}  D {row['tokens']:,}  val_loss {row['val_loss']:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
