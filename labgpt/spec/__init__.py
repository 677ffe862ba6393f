"""Everything that decides a run, as frozen dataclasses; `derive()` fills them in from a size. All input checks live here."""

from .corpora import CORPORA, fixed, knobs
from .dial import SIZES, derivation, derive, replace
from .run import GPT2, SWITCHES, DataConfig, Execution, ModelConfig, OptimConfig, RunSpec, ScheduleConfig, Science

__all__ = [
    "CORPORA", "GPT2", "SIZES", "SWITCHES", "DataConfig", "Execution", "ModelConfig", "OptimConfig", "RunSpec", "ScheduleConfig", "Science",
    "derivation", "derive", "fixed", "knobs", "replace",
]  # fmt: skip
