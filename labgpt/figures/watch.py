"""Runs while they train: losses as they are noted, and the law as points land. Read from the store, wherever the pool runs.

    figures.watch("runs/store")                # the pool is in a terminal, another notebook, on a cluster
    view = figures.Watch("runs/store", specs)  # its processes are this notebook's: sweep.run(specs, progress=view), view.close()

No thread: who looks, draws. Without a notebook or ipywidgets a line is printed as points land. For sweeps of one's own: no lesson needs it.
"""

import contextlib
import html
import importlib.util
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

from labgpt.laws import Chinchilla
from labgpt.record import RunDir

from .curves import loss_vs_tokens
from .style import GREY, png, styled

STILL_S = 120.0  # with no run moving for so long, watch() ends
DRAW_EVERY_S = 4.0  # a picture takes about half a second of a core, which the runs could use


class Watch:
    """The runs of `store`, or those of a study (a sweep.Study, or RunSpecs) alone. `figure`: the last picture, None before there is one."""

    def __init__(self, store: str | Path = "runs/store", study=None):
        self.store, self.figure, self.moved = Path(store), None, time.monotonic()
        self.given = {spec.run_id: spec for spec in (study.specs() if hasattr(study, "specs") else study or ())}
        self.over, self.rows, self.noted, self.laws = set(), {}, {}, []
        self._box, self._drawn, self._seen = None, float("-inf"), [(0, 0), 0]

    def look(self) -> bool:
        """Read the store, draw what is new; whether a run is left to wait for. ValueError: no study given, and none begun there."""
        runs = set(self.given) or {path.parent.name for path in self.store.glob("*/spec.json")}
        if not runs:
            raise ValueError(f"store = {str(self.store)!r}: no run was begun there; start a sweep, or name its study")
        for run_id in runs - self.over:
            self._read(run_id)
        points, noted = (sum(map(len, kept.values())) for kept in (self.rows, self.noted))
        seen, now = [(points, len(self.over)), noted], time.monotonic()
        landed = points > 0 and seen[0] != self._seen[0]
        self.moved, self._seen = now if seen != self._seen else self.moved, seen
        if landed:
            self._fit(len(runs))
        if landed or (self.moved > self._drawn and now - self._drawn > DRAW_EVERY_S and points):
            self._draw()
        return not runs <= self.over

    def at(self, done_s: float, what: str) -> None:
        """What a pool calls, several times a second."""
        if time.monotonic() - self._drawn > DRAW_EVERY_S / 2:
            self.look()

    def close(self) -> None:
        """Look once more, then take the live picture away; `figure` stays."""
        self.look()
        if self._box:
            self._box.close()

    def _read(self, run_id: str) -> None:
        place = RunDir(self.store / run_id)
        status, rows = place.status(), place.finished_rows()
        if rows is not None or status.get("state") == "failed":
            self.over.add(run_id)
        elif status.get("state") == "running":
            with contextlib.suppress(OSError, ValueError):
                rows = [json.loads(line) for line in place.rows_file.read_text(encoding="utf-8").splitlines()]
            line, point = self.noted.setdefault(run_id, []), (status.get("tokens"), status.get("train_loss"))
            if all(point) and line[-1:] != [point]:
                line.append(point)
        self.rows[run_id] = rows or []

    def _fit(self, runs: int) -> None:
        import pandas as pd

        self.table = pd.DataFrame([row for rows in self.rows.values() for row in rows])
        with contextlib.suppress(ValueError):  # too few points, or too few sizes, for a law
            self.laws.append((len(self.table), Chinchilla().fit(self.table, bootstrap=0)))
        if not _widgets() and not os.environ.get("LABGPT_QUIET"):
            law = f"; E {self.laws[-1][1].E_:.3f}" if self.laws else ""
            print(f"{len(self.table)} points have landed, {len(self.over)} of {runs} runs are over{law}", flush=True)

    def _draw(self) -> None:
        self.figure, self._drawn = live(self.table, self.noted, self.laws), time.monotonic()
        if not _widgets() or os.environ.get("LABGPT_QUIET"):
            return
        import ipywidgets as widgets
        from IPython.display import display

        if self._box is None:
            self._box = widgets.VBox([widgets.Image(format="png", width=700), widgets.HTML()])
            display(self._box)
        self._box.children[0].value, self._box.children[1].value = png(self.figure, dpi=100), html.escape(self.figure.labgpt_caption)


def watch(store: str | Path = "runs/store", study=None, every_s: float = 1.0):
    """Look on until no run is left, none has moved for two minutes, or the kernel is interrupted (not the runs); the last picture."""
    view = Watch(store, study)
    with contextlib.suppress(KeyboardInterrupt):
        while view.look() and time.monotonic() - view.moved < STILL_S:
            time.sleep(every_s)
    view.close()
    return view.figure


@styled
def live(table, noted: dict[str, list[tuple[int, float]]], laws: list[tuple[int, object]]):
    """Loss against tokens: thin what training notes, points what has landed, lines the law now, whose E so far the caption tells.

    table: rows so far; noted: {run: [(tokens, training loss), …]}; laws: [(points so far, a Chinchilla law), …].
    """
    figure = loss_vs_tokens(table, laws[-1][1] if laws else None)
    for line in filter(None, noted.values()):
        x, y = np.array(line, dtype=float).T
        breaks = np.flatnonzero(np.diff(x) < 0) + 1  # a branch has ended; the trunk goes on from where it was left
        figure.axes[0].plot(np.insert(x, breaks, np.nan), np.insert(y, breaks, np.nan), color=GREY, linewidth=0.9, zorder=1)
    figure.labgpt_caption += " Thin: training loss as it was noted."
    if laws:
        so_far = ", ".join(f"{law.E_:.3f} ({count})" for count, law in laws[-5:])
        figure.labgpt_caption += f" E of the law as points landed: {so_far}."
    return figure


def _widgets() -> bool:
    """Whether a Jupyter kernel with ipywidgets runs this."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel") and importlib.util.find_spec("ipywidgets") is not None
