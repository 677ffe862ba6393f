"""The cable's two charts: what is drawn is what the table says."""

import numpy as np
import pytest

from labgpt.figures import link

STEPS = [{"rate": rate, "held": rate == 200, "d_model": 64, "strategy": way, "predicted_s": 0.02 + 8 / rate / every,
          "step_s": 0.021 + 8 / rate / every, "error": -0.03}
         for rate in (100, 200, 400) for way, every in (("ddp", 1), ("diloco", 16))]  # fmt: skip
LOSSES = [{"strategy": way, "seed": seed, "tokens": t, "val_loss": 3 - 0.1 * np.log(t) + 0.01 * seed + 0.05 * (way == "diloco")}
          for way in ("ddp", "diloco", "averaging") for seed in (0, 1) for t in (1 << 17, 1 << 18, 1 << 19)]  # fmt: skip


def test_marks_are_measured_lines_predicted_and_a_held_cable_is_open():
    figure = link.cable({"steps": STEPS, "losses": LOSSES})
    time, loss = figure.axes
    lines = [line.get_ydata() for line in time.lines if len(line.get_xdata()) == 3]
    assert list(lines[0]) == pytest.approx([100.0, 60.0, 40.0]) and list(lines[1]) == list(lines[2]) != list(lines[0])
    marks = [line for line in time.lines if len(line.get_xdata()) == 1]
    assert sorted(float(m.get_ydata()[0]) for m in marks) == pytest.approx(sorted(1000 * s["step_s"] for s in STEPS))
    assert {float(m.get_xdata()[0]) for m in marks if m.get_markerfacecolor() == "white"} == {200}
    ddp = next(line for line in loss.lines if len(line.get_xdata()) == 3)
    assert list(ddp.get_xdata()) == pytest.approx([t / 2048 * 0.101 for t in (1 << 17, 1 << 18, 1 << 19)])
    assert "within 3%" in figure.labgpt_caption and "2 seeds" in figure.labgpt_caption


def test_units_caption_alt_and_letters_at_700_pixels(readable):
    figure = link.cable({"steps": STEPS, "losses": LOSSES})
    readable(figure)
    assert all(axes.get_xlabel() and axes.get_ylabel() for axes in figure.axes)
