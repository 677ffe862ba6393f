"""The house's one-line refusal, for numbers that come from no spec."""
from __future__ import annotations


def need(ok: bool, field: str, value: object, allowed: str, hint: str = "") -> None:
    """Raise ValueError saying which field, what it was, what is allowed and what to try, unless `ok`."""
    if not ok:
        raise ValueError(f"{field} = {value!r}: allowed is {allowed}" + (f"; {hint}" if hint else ""))
