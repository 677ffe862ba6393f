"""Lesson 07's figure: points and lines stand where the table and the laws say; units, caption, alt; wrong input is told."""

import numpy as np
import pandas as pd
import pytest

from labgpt.figures import scarce
from labgpt.laws import Repeated

POINTS = pd.DataFrame({"epochs": [1, 4, 16], "worth": [1.0, 0.55, 0.08]})


def test_units_caption_alt_and_letters_at_700_pixels(readable):
    figure = scarce.worth({"width 32": POINTS}, published=Repeated.published())
    readable(figure)
    assert "n = 3 runs" in figure.labgpt_caption


def test_points_are_the_table_s_and_the_line_is_the_law_s():
    law = Repeated.published()
    dotted, line, points = scarce.worth({"width 32": POINTS}, published=law).axes[0].lines
    assert points.get_ydata() == pytest.approx(POINTS["worth"])
    assert dotted.get_ydata() == pytest.approx(1 / np.asarray(dotted.get_xdata()))
    assert line.get_ydata() == pytest.approx(law.worth(line.get_xdata()))
    assert law.worth(4) == pytest.approx(0.931, abs=1e-3) and law.worth(4, R_D=1e9) == pytest.approx(1)


@pytest.mark.parametrize("tables, says", [({}, "allowed is one table"), ({"a": POINTS.assign(worth=0.0)}, "not above 0"),
                                          ({"a": POINTS[["epochs"]]}, "worth")])
def test_wrong_input_is_told_in_one_line(tables, says):
    with pytest.raises(ValueError, match=says):
        scarce.worth(tables)
