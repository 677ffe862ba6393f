"""Which packages labgpt asks for. pyproject.toml is the only list."""
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def declared() -> list:
    """labgpt's own dependencies, as `packaging` Requirements.

    Raises ValueError where pyproject.toml is not beside the package: labgpt is then no clone or editable install.
    """
    from packaging.requirements import Requirement

    file = ROOT / "pyproject.toml"
    try:
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
    except FileNotFoundError:
        raise ValueError("pyproject.toml = not found beside labgpt: allowed is a clone of the repository; install with "
                         "`pip install -e .` from one") from None
    return [Requirement(line) for line in project["dependencies"]]


def pins() -> dict[str, str]:
    """The exact versions labgpt is developed with, from constraints.txt ({} where that is missing)."""
    try:
        lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.split("#")[0].strip().split("==") for line in lines if "==" in line.split("#")[0])
    return {name.lower(): version for name, version in pairs}
