"""The first code cell of every notebook, and what it installs where labgpt is missing. Only the standard library here."""
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import labgpt

REPOSITORY = "https://github.com/labgpt/labgpt"
TAG = f"v{labgpt.__version__}"
# Moving what a running kernel has already loaded breaks it until it is restarted; the last three no notebook needs.
NEVER = {"torch", "numpy", "ipykernel", "ipywidgets", "jupyterlab", "nbval", "pytest"}

_CELL = '''\
# Does nothing where labgpt is installed. Elsewhere (Colab) it fetches labgpt once and leaves torch and Jupyter alone.
import importlib.util
import os
import subprocess
import sys

if importlib.util.find_spec("labgpt") is None:
    home, tag = os.path.abspath("labgpt-lab"), os.environ.get("LABGPT_TAG", "{tag}")  # an empty tag: the newest state
    address = os.environ.get("LABGPT_REPOSITORY", "{repository}")
    if not os.path.isdir(home):
        git = ["git", "-c", "advice.detachedHead=false", "clone", "--quiet", "--depth", "1"]
        subprocess.run([*git, *(["--branch", tag] if tag else []), address, home], check=True)
    sys.path.insert(0, home)
    from labgpt.course import colab
    colab.install(home)
'''


def bootstrap_cell() -> str:
    """Source of the first code cell, the same for every notebook."""
    return _CELL.format(repository=REPOSITORY, tag=TAG).rstrip("\n")


def install(home: str | Path) -> None:
    """Install the clone at `home` without its dependencies, then only those that are missing.

    Whatever is in NEVER stays at the version it has, even if a missing package would like another.
    """
    from labgpt.course.packages import declared
    from labgpt.record import installed

    home = Path(home)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "-e", str(home)], check=True)
    # An editable install is seen by the next process; this one and its children find the clone by path.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(home), os.environ.get("PYTHONPATH", "")]))
    missing = [str(r) for r in declared() if r.name not in NEVER and installed(r.name) is None]
    if missing:
        keep = home / ".keep.txt"
        keep.write_text("".join(f"{n}=={installed(n)}\n" for n in sorted(NEVER) if installed(n)), encoding="utf-8")
        subprocess.run([*pip, "-c", str(keep), *missing], check=True)
        importlib.invalidate_caches()
    print(f"labgpt {labgpt.__version__} in {home.name}; installed: {', '.join(missing) or 'nothing else'}")
