"""Figures: tables and laws in, a matplotlib Figure out. Nothing is shown, written or imported until it is asked for.

Every figure carries `labgpt_caption` (takeaway and n) and `labgpt_alt`; in a notebook it shows itself with both.
"""

from .curves import isoflop, loss_vs_compute, loss_vs_size, loss_vs_tokens
from .evidence import entropy_check, forecast, residuals, seed_noise
from .explorer import explore_budget, explore_tokens, explore_world, explorer
from .law import copying, coverage, exponents, floors, ladder, law
from .lessons import compare, lesson_band
from .ranks import sent, world
from .style import png, save
from .watch import Watch, watch

__all__ = [
    "compare", "copying", "coverage", "entropy_check", "exponents", "explore_budget", "explore_tokens", "explore_world", "explorer",
    "floors", "forecast", "isoflop", "ladder", "law", "lesson_band", "loss_vs_compute", "loss_vs_size", "loss_vs_tokens", "png",
    "residuals", "save", "seed_noise", "sent", "watch", "Watch", "world",
]  # fmt: skip
