"""The cable's two charts, and time against GPUs: what is drawn is what the table says."""

import numpy as np
import pytest
from matplotlib.text import Text

from labgpt import cost
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


def test_bars_add_up_to_the_simulator_s_days():
    gpus, how = (64, 512, 2048), {"critical": 1024, "tokens": 1.4e11}
    figure = link.to_target("llama-2-7b", gpus, 8, **how)
    tops = {}
    for bar in figure.axes[0].patches:
        at = round(bar.get_x() + 0.3)
        tops[at] = max(tops.get(at, 0), bar.get_y() + bar.get_height())
    days = [cost.simulate("llama-2-7b", g, "h100", "fsdp", 8 * g, **how)["seconds"] / 86400 for g in gpus]
    assert [tops[i] for i in range(3)] == pytest.approx(days) and "512 are fastest" in figure.labgpt_caption
    assert "none measured" in figure.labgpt_caption


@pytest.mark.parametrize("figure", [link.cable({"steps": STEPS, "losses": LOSSES}), link.to_target("gpt2", (8, 64), 8, 512, 1e10)])
def test_units_caption_alt_and_letters_at_700_pixels(figure):
    assert all("(" in axes.get_xlabel() and "(" in axes.get_ylabel() for axes in figure.axes)
    assert "n = " in figure.labgpt_caption and len(figure.labgpt_alt) > 60
    assert "nan" not in figure.labgpt_caption + figure.labgpt_alt
    assert min(t.get_fontsize() for t in figure.findobj(Text) if t.get_text()) >= 10 and figure.get_figwidth() == 7
    box = figure.get_tightbbox()
    assert box.x0 >= -0.02 and box.x1 <= 7.02 and box.y0 >= -0.02 and box.y1 <= figure.get_figheight() + 0.02
