"""`import labgpt.laws` is light: no torch, scipy or pandas, and under .2 s beyond numpy."""
from __future__ import annotations

import subprocess
import sys

PROBE = """
import sys, time, numpy
start = time.perf_counter()
import labgpt.laws
spent, heavy = time.perf_counter() - start, ("torch", "scipy", "pandas", "matplotlib")
print(spent, *[name for name in heavy if name in sys.modules])
"""


def test_import_is_light():
    runs = [subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True).stdout.split()
            for _ in range(5)]
    assert all(len(run) == 1 for run in runs), runs
    assert sorted(float(run[0]) for run in runs)[2] <= 0.2
