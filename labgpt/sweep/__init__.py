"""Many runs: grids, the store they lie in, the local pool, torchrun."""

from .grid import grid, isoflop
from .launch import launch
from .plan import plan
from .pool import Progress, run
from .store import runs, table, unfinished

__all__ = ["Progress", "grid", "isoflop", "launch", "plan", "run", "runs", "table", "unfinished"]
