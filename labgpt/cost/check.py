"""The house's one-line refusal, for numbers that come from no spec."""
from __future__ import annotations

from collections.abc import Iterable


def need(ok: bool, field: str, value: object, allowed: str, hint: str = "") -> None:
    """Raise ValueError saying which field, what it was, what is allowed and what to try, unless `ok`."""
    if not ok:
        raise ValueError(f"{field} = {value!r}: allowed is {allowed}" + (f"; {hint}" if hint else ""))


def known(field: str, value: object, names: Iterable[str], listed: str = "labgpt cost --list") -> None:
    """Raise ValueError with the near matches unless `value` is one of `names`."""
    by_case = {str(name).lower(): name for name in names}
    if value not in by_case.values():
        from difflib import get_close_matches

        near = get_close_matches(str(value).lower(), by_case, 3, 0.4) or list(by_case)[:3]
        told = ", ".join(by_case[name] for name in near)
        need(False, field, value, f"one of {len(by_case)} names (near: {told})", f"`{listed}` shows all")
