"""Many runs: grids, the store they lie in, the local pool, torchrun."""

from .grid import grid
from .launch import launch
from .pool import Progress, run
from .store import runs, table, unfinished

__all__ = ["Progress", "grid", "launch", "run", "runs", "table", "unfinished"]
