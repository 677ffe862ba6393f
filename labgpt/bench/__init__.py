"""What the lab checks and measures of itself."""

from pathlib import Path
from typing import Annotated

from tyro.conf import arg

from labgpt.record import provenance, write_json

Json = Annotated[Path | None, arg(help="write the figures there too.")]  # an option of every verb of `labgpt bench`


def keep(path: Path | None, found: list | dict) -> list | dict:
    """Write the figures as JSON, with their provenance beside the single ones; returns them."""
    if path is not None:
        write_json(path, found | {"provenance": provenance()} if isinstance(found, dict) else found)
    return found
