"""Many runs: grids, studies and their ledger, the store they lie in, the local pool, torchrun."""

from .grid import grid, isoflop
from .launch import launch
from .ledger import Ledger, run_within
from .plan import plan
from .pool import Progress, run
from .store import count, runs, table, unfinished
from .study import Study, share

__all__ = [
    "Ledger", "Progress", "Study", "count", "grid", "isoflop", "launch", "plan", "run", "run_within", "runs", "share", "table",
    "unfinished",
]  # fmt: skip
