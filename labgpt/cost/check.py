"""The house's one-line refusal, as spec has it, and one for names, which tells the near ones."""
from collections.abc import Iterable
from difflib import get_close_matches

from labgpt.spec.run import need

__all__ = ["known", "need"]


def known(field: str, value: object, names: Iterable[str], listed: str = "labgpt cost --list") -> None:
    """Raise ValueError with the near matches unless `value` is one of `names`."""
    by_case = {str(name).lower(): name for name in names}
    if value not in by_case.values():
        near = get_close_matches(str(value).lower(), by_case, 3, 0.4) or list(by_case)[:3]
        told = ", ".join(by_case[name] for name in near)
        need(False, field, value, f"one of {len(by_case)} names (near: {told})", f"`{listed}` shows all")
