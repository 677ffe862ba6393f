"""Forecasts that cannot be bent afterwards: sealed before the run, hashed, scored once it is measured.

The hash catches a slip or a quiet edit, not someone who computes it anew: to prove a date to others, publish the hash.
"""
import hashlib
import json
import math
from datetime import UTC, datetime
from pathlib import Path

from labgpt.record import write_atomic

ADDED = ("sealed_at", "sha256")


def of(law, N: float, D: float) -> dict:
    """What a fitted law says of one run, ready to be sealed: predicted, low, high, level, and its params."""
    low, high = law.predict_interval(N, D)
    return {"predicted": law.predict(N, D), "low": low, "high": high, "level": law.level, "params": law.params}


def seal(path: str | Path, payload: dict) -> dict:
    """Write `payload` with the time and a sha256 over both; returns the sealed dict.

    payload: what json can hold (numpy numbers too); `score` needs predicted, low, high, and takes level (default .95).
    The same payload sealed again returns the first seal, time included; another one is refused: a sealed forecast is
    not overwritten. ValueError for that, and for a payload that is not finite JSON or names sealed_at or sha256.
    """
    if not isinstance(payload, dict) or set(ADDED) & set(payload):
        raise ValueError(f"payload must be a dict without {' and '.join(ADDED)}, which seal() adds")
    try:
        payload = json.loads(_canonical(payload))
    except (TypeError, ValueError) as error:
        raise ValueError(f"payload is not finite JSON ({error}): use text, numbers, lists and dicts") from None
    if Path(path).exists():
        sealed = read(path)
        if {key: value for key, value in sealed.items() if key not in ADDED} == payload:
            return sealed
        raise ValueError(f"{path} holds another forecast, sealed {sealed['sealed_at']}: choose a new file name")
    sealed = payload | {"sealed_at": datetime.now(UTC).isoformat(timespec="seconds")}
    sealed["sha256"] = _hash(sealed)
    write_atomic(path, json.dumps(sealed, indent=2, sort_keys=True) + "\n")
    return sealed


def read(path: str | Path) -> dict:
    """The sealed dict. ValueError, naming the file: missing, not a seal, or edited since it was sealed."""
    try:
        sealed = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist: seal a forecast there first") from None
    except (OSError, ValueError):
        raise ValueError(f"{path} cannot be read as a sealed forecast: restore it, or seal elsewhere") from None
    if not isinstance(sealed, dict) or not set(ADDED) <= set(sealed):
        raise ValueError(f"{path} is not a sealed forecast: it lacks {' or '.join(ADDED)}; seal() writes them")
    try:
        whole = _hash(sealed) == sealed["sha256"]
    except ValueError:  # NaN, which seal() never writes
        whole = False
    if not whole:
        raise ValueError(f"{path} was edited after it was sealed (its sha256 no longer fits): restore the original")
    return sealed


def score(path: str | Path, measured: float) -> dict:
    """Hold a sealed forecast against what was measured.

    Returns relative_error = (predicted - measured)/measured, inside (is measured within low..high), interval_score
    (Gneiting & Raftery 2007, equation 43: the range's width, plus 2/(1-level) times the miss; lower is better),
    and predicted, low, high, level, measured, sealed_at, sha256.
    ValueError: an edited seal, a field missing or out of order, measured <= 0.
    """
    sealed = read(path)
    if not _is_number(measured) or measured <= 0:
        raise ValueError(f"measured = {measured!r}: it must be a finite number > 0, the loss of the finished run")
    for name in ("predicted", "low", "high"):
        if not _is_number(sealed.get(name)):
            raise ValueError(f"{path} has no number {name!r}: a forecast to be scored holds predicted, low and high")
    predicted, low, high, level = sealed["predicted"], sealed["low"], sealed["high"], sealed.get("level", 0.95)
    if not (_is_number(level) and 0 < level < 1 and low <= high):
        raise ValueError(f"{path} holds low {low}, high {high}, level {level}: low <= high, 0 < level < 1 are needed")
    miss = max(low - measured, measured - high, 0.0)
    return {"relative_error": (predicted - measured) / measured, "inside": low <= measured <= high,
            "interval_score": high - low + 2 / (1 - level) * miss, "measured": float(measured), "predicted": predicted,
            "low": low, "high": high, "level": level, "sealed_at": sealed["sealed_at"], "sha256": sealed["sha256"]}


def _is_number(value) -> bool:
    try:
        return not isinstance(value, bool | str) and math.isfinite(value)
    except TypeError:
        return False


def _plain(value):
    """numpy's numbers and arrays as Python's, without importing numpy."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _canonical(payload: dict) -> str:
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)


def _hash(sealed: dict) -> str:
    return hashlib.sha256(_canonical({k: v for k, v in sealed.items() if k != "sha256"}).encode()).hexdigest()
