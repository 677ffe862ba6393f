"""Everything that decides a run, as frozen dataclasses; `derive()` fills them in from a size. All input checks live here."""

from .dial import SIZES, derivation, derive, replace
from .run import (
    CORPORA,
    GPT2,
    SWITCHES,
    DataConfig,
    Execution,
    ModelConfig,
    OptimConfig,
    RunSpec,
    ScheduleConfig,
    Science,
)

__all__ = [
    "CORPORA",
    "GPT2",
    "SIZES",
    "SWITCHES",
    "DataConfig",
    "Execution",
    "ModelConfig",
    "OptimConfig",
    "RunSpec",
    "ScheduleConfig",
    "Science",
    "derivation",
    "derive",
    "replace",
]
