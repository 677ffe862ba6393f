"""Explorers without a browser: a control that moves draws anew; what is wrong is told under the picture."""

import importlib
from functools import partial

import pytest

from labgpt import figures

room = importlib.import_module("labgpt.figures.explorer")  # `figures.explorer` is the function
PNG = b"\x89PNG\r\n\x1a\n"


def parts(box):
    *controls, picture, caption = box.children
    return {c.description: c for c in controls}, picture, caption


def test_a_control_redraws_the_picture(table):
    controls, picture, caption = parts(figures.explorer(figures.explore_tokens, table, fit_up_to=[700_000, 3_000_000]))
    before = bytes(picture.value)
    assert before.startswith(PNG) and "5 filled points" in caption.value and "N = 467k" in caption.value
    controls["fit up to"].value = 700_000
    assert bytes(picture.value).startswith(PNG) and bytes(picture.value) != before and "3 filled points" in caption.value


def test_pure_functions_give_the_same_figure_twice(table, law):
    for make in (partial(figures.explore_tokens, table), partial(figures.explore_budget, law)):
        assert figures.png(make(), dpi=60) == figures.png(make(), dpi=60)


def test_budget_and_bandwidth_sliders(law):
    controls, picture, caption = parts(figures.explorer(figures.explore_budget, law, budget=[1e10, 1e11, 1e12]))
    first = caption.value
    controls["budget"].value = 1e10
    assert "C = 10G" in caption.value and caption.value != first

    make = partial(figures.explore_world, {1: 1000, 2: 520, 4: 290, 8: 190}, 0.05, 1e6)
    controls, picture, caption = parts(figures.explorer(make, bandwidth=[1e6, 1e8, 1e10]))
    assert "W = 8 is fastest" in caption.value
    controls["bandwidth"].value = 1e6
    assert "W = 1 is fastest" in caption.value


def test_a_wrong_choice_is_told_and_the_picture_stays(table):
    controls, picture, caption = parts(figures.explorer(figures.explore_tokens, table, fit_up_to=[1, 500_000]))
    before = bytes(picture.value)
    controls["fit up to"].value = 1
    assert "fewer than two points" in caption.value and bytes(picture.value) == before


def test_controls_of_each_kind():
    made = [type(room._control(key, value)).__name__ for key, value in {"b": ["x", "y"], "c": [1, 2], "e": (1, 9, 1)}.items()]
    assert made == ["Dropdown", "SelectionSlider", "IntSlider"]
    with pytest.raises(ValueError, match="allowed is a list of choices"):
        room._control("g", {"no": 1})


def test_no_interact_and_no_output_widget(table):
    box = figures.explorer(figures.explore_tokens, table)
    assert [type(child).__name__ for child in box.children] == ["Image", "HTML"]
