"""`python -m labgpt.sweep.worker STORE RUN_ID …`: train these runs in order, leaving out what others hold or have finished.

Several workers get the same list; a lock on each run directory shares it out. A worker whose parent is gone stops.
"""

import os
import sys
import threading
import time
from pathlib import Path

from labgpt.record import RunDir
from labgpt.spec import RunSpec
from labgpt.train import Stopped, run


def _leave_with_parent() -> None:
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main(store: str, run_ids: list[str]) -> int:
    _leave_with_parent()
    for run_id in run_ids:
        place = RunDir(Path(store) / run_id)
        if place.status().get("state") == "failed":
            continue  # in this sweep, by another worker; the sweep clears old failures before it starts
        try:
            run(RunSpec.read(place.spec), store)
        except TimeoutError:
            continue
        except Stopped as stopped:
            return stopped.code
        except (RuntimeError, ValueError, OSError, MemoryError) as error:
            print(f"run {run_id}: {error}", file=sys.stderr)
            if place.status().get("state") != "failed":
                place.write_status(state="failed", reason=str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
