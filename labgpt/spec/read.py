"""Dataclasses from plain JSON, refusing unknown fields and wrong types by name."""

import dataclasses
import types
import typing

from .data import need


def build(cls: type, raw: object, where: str):
    need(isinstance(raw, dict), where, raw, f"an object with the fields of {cls.__name__}")
    hints = typing.get_type_hints(cls)
    unknown = sorted(set(raw) - set(hints))
    if unknown:
        raise ValueError(f"{where}: unknown field {unknown[0]!r}; allowed are {', '.join(hints)}")
    return cls(**{name: _value(hints[name], value, f"{where}.{name}") for name, value in raw.items()})


def _value(kind, value, where: str):
    if dataclasses.is_dataclass(kind):
        return build(kind, value, where)
    if typing.get_origin(kind) is tuple:
        need(isinstance(value, list | tuple), where, value, "a list")
        return tuple(value)
    plain = kind.__args__ if isinstance(kind, types.UnionType) else (kind,)
    plain = (*plain, int) if float in plain else plain
    fits = isinstance(value, plain) and (bool in plain or not isinstance(value, bool))
    need(fits, where, value, " or ".join(getattr(p, "__name__", str(p)) for p in plain))
    return float(value) if kind is float else value
