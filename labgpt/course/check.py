"""What checks say. A failing check names what it got, what was expected, in which unit, and what to look at.

Visible checks call these in the learner's kernel, hidden ones in the grader's process.
"""
import math
import numbers


class CheckFailed(AssertionError):
    """An answer is not what was asked for. The message is one line, written for the learner."""


def require(ok: bool, message: str) -> None:
    """Raise CheckFailed with the message unless ok is True itself: an object that only claims to be true is not enough."""
    if ok is not True:
        raise CheckFailed(message)


def number(value: object, what: str, unit: str = "") -> float:
    """The value as a float; CheckFailed where it is not one finite number (NaN, a list, True and text are not)."""
    if hasattr(value, "item") and getattr(value, "size", 1) == 1:  # a numpy scalar, a pandas cell
        value = value.item()
    plain = isinstance(value, numbers.Real) and not isinstance(value, bool)
    require(plain and math.isfinite(value), f"{what} is {shown(value)}: expected one number{unit and ' of ' + unit}")
    return float(value)


def close(value: object, expected: float, what: str, unit: str = "", look: str = "", relative: float = 0.0,
          absolute: float = 0.0, slips: dict[str, float] | None = None) -> None:
    """CheckFailed unless |value − expected| ≤ absolute + relative·|expected|.

    `look` says what to look at; where the value is one that a known mistake gives, `slips` (mistake: value) names it instead.
    """
    got, expected = number(value, what, unit), float(expected)
    room = absolute + relative * abs(expected)
    within = f" within {room:.3g}" if room else ""
    look = next((f"this: {said}" for said, slip in (slips or {}).items() if abs(got - slip) <= max(room, 1e-6 * abs(slip))), look)
    require(abs(got - expected) <= room,
            f"{what} is {got:.6g}: expected {expected:.6g}{unit and ' ' + unit}{within}{look and '; look at ' + look}")


def one_of(value: object, allowed: str, what: str) -> str:
    """The value, where it is one of the letters in `allowed`; CheckFailed otherwise."""
    require(type(value) is str and len(value) == 1 and value in allowed,
            f"{what} is {shown(value)}: expected one of the letters {', '.join(allowed)} in quotes")
    return value


def range_score(low: float, high: float, measured: float) -> float:
    """Width of the range plus 20 times the distance by which it misses; smaller is better (Gneiting & Raftery 2007, 90 %)."""
    return (high - low) + 20 * max(low - measured, measured - high, 0.0)


def passed() -> None:
    """The last line of a visible check. Hidden checks try other inputs, so this is no promise of points."""
    print("\x1b[32mvisible checks passed\x1b[0m")  # green, in a notebook


def shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
