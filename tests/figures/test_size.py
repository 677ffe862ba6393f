"""Lesson 01's figures: what they draw is what the table says, with units, caption and alt text; wrong input is told."""

import numpy as np
import pytest

from labgpt.figures import explorer, size

FLOOR, ONCE = 1.893, 163_840


@pytest.fixture(scope="module")
def starved(known):
    return known.assign(train_loss=known["val_loss"] - 0.5)


@pytest.fixture(scope="module")
def made(known, table, starved):
    return {
        "bend": size.bend(known, FLOOR),
        "price": size.price(table.assign(megabytes=table["n_matmul"] / 1e4)),
        "epochs": size.epochs(starved, FLOOR, ONCE),
    }


@pytest.mark.parametrize("name", ["bend", "price", "epochs"])
def test_units_caption_alt_and_letters_at_700_pixels(made, readable, name):
    readable(made[name])
    assert all(axes.get_xlabel() and axes.get_ylabel() for axes in made[name].axes)


def test_the_law_goes_through_the_two_smallest_and_the_points_are_the_table_s(made, known):
    above = known.groupby("n_matmul")["val_loss"].mean() - FLOOR
    line, measured = (np.asarray(drawn.get_ydata()) for drawn in made["bend"].axes[0].lines[:2])
    assert line[:2] == pytest.approx(measured[:2]) and measured == pytest.approx(above.to_numpy())
    assert f"measured: {above.iloc[-1]:.3f}" in made["bend"].labgpt_caption


def test_an_exact_power_law_lies_on_its_line(known):
    exact = known.assign(val_loss=FLOOR + 5 / known["n_matmul"] ** 0.5)
    figure = size.bend(exact, FLOOR, fit_up_to=exact["n_matmul"].max())
    line, measured = (np.asarray(drawn.get_ydata()) for drawn in figure.axes[0].lines[:2])
    assert line == pytest.approx(measured) and "N^-0.50" in figure.labgpt_caption


def test_time_and_memory_are_the_table_s(made, table):
    time, memory = (np.asarray(axes.lines[1].get_ydata()) for axes in made["price"].axes)
    assert time[0] == pytest.approx(1e6 * (table["seconds"] / table["tokens"])[table["n_matmul"] == table["n_matmul"].min()].median())
    assert memory == pytest.approx(sorted(table["n_matmul"].unique() / 1e4))


def test_epochs_are_tokens_over_the_unique_ones(made, known):
    drawn = [line for line in made["epochs"].axes[0].lines if line.get_marker() not in ("None", None)]
    assert len(drawn) == 2 * known["d_model"].nunique()
    assert list(drawn[0].get_xdata()) == [1, 2, 4, 8, 16]
    assert (np.asarray(drawn[0].get_ydata()) - np.asarray(drawn[1].get_ydata())) == pytest.approx(0.5)


def test_the_explorer_moves_the_fit(known):
    sizes = sorted(int(n) for n in known["n_matmul"].unique())
    box = explorer(size.bend, known, FLOOR, fit_up_to=sizes[1:])
    before = box.children[-1].value
    box.children[0].value = sizes[1]
    assert "2 filled" in box.children[-1].value and before != box.children[-1].value


@pytest.mark.parametrize("call, said", [
    (lambda t: size.bend(t, 99.0), "floor = 99.0"),
    (lambda t: size.bend(t, FLOOR, fit_up_to=1), "fit_up_to = 1"),
    (lambda t: size.price(t), "no column 'megabytes'"),
    (lambda t: size.epochs(t, FLOOR, ONCE), "no column 'train_loss'"),
])  # fmt: skip
def test_wrong_input_is_told_in_one_line(known, call, said):
    with pytest.raises(ValueError) as told:
        call(known)
    assert said in str(told.value) and "\n" not in str(told.value)
