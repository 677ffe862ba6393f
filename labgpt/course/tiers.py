"""How much a lesson trains: `replay` (Binder, Colab's CPU), `micro` (a laptop), `gpu`. The variable LABGPT_TIER says."""
import os

TIERS = {
    "replay": "recorded runs, plus one live model of at most 10 s on one core",
    "micro": "the lesson's own models, at most 3 minutes on two cores",
    "gpu": "the same cells with larger models",
}


def tier() -> str:
    """The tier in force, `micro` unless LABGPT_TIER says otherwise.

    Raises ValueError where the variable holds anything else.
    """
    value = os.environ.get("LABGPT_TIER", "").strip() or "micro"
    if value not in TIERS:
        raise ValueError(f"LABGPT_TIER = {value!r}: allowed is {', '.join(TIERS)}; unset it for micro")
    return value
