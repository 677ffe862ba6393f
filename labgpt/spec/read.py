"""Dataclasses from plain JSON, refusing unknown fields and wrong types by name."""

import dataclasses
import types
import typing


def build(cls: type, raw: object, where: str):
    """Read a dataclass from plain JSON, refusing unknown fields and wrong types by name."""
    if not isinstance(raw, dict):
        raise ValueError(f"{where} = {raw!r}: allowed is an object with the fields of {cls.__name__}")
    hints = typing.get_type_hints(cls)
    unknown = sorted(set(raw) - set(hints))
    if unknown:
        raise ValueError(f"{where}: unknown field {unknown[0]!r}; allowed are {', '.join(hints)}")
    return cls(**{name: _value(hints[name], value, f"{where}.{name}") for name, value in raw.items()})


def _value(kind, value, where: str):
    if dataclasses.is_dataclass(kind):
        return build(kind, value, where)
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{where} = {value!r}: allowed is a list")
        return tuple(value)
    plain = kind.__args__ if isinstance(kind, types.UnionType) else (kind,)
    plain = (*plain, int) if float in plain else plain
    if not isinstance(value, plain) or (isinstance(value, bool) and bool not in plain):
        names = " or ".join(getattr(p, "__name__", str(p)) for p in plain)
        raise ValueError(f"{where} = {value!r}: allowed is {names}")
    return float(value) if kind is float else value
