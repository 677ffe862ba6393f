"""The calculators: their numbers are cost's, a control redraws them, and what is wrong is told."""
from functools import partial

import pytest

from labgpt import cost, figures
from labgpt.figures import price

BLOOM = ("BLOOM, LLaMA's method", "BLOOM, its authors")
CALCULATORS = (price.size_of, price.memory_of, price.budget_of, price.carbon_of, partial(price.accounts, *BLOOM))


@pytest.mark.parametrize("make", CALCULATORS)
def test_each_draws_the_same_picture_twice_with_caption_and_alt(make):
    figure = make()
    assert "n = " in figure.labgpt_caption and figure.labgpt_alt
    assert figures.png(figure, dpi=50) == figures.png(make(), dpi=50)


def test_captions_carry_the_counted_numbers():
    assert f"{cost.parameters('gpt2').total:,} parameters" in price.size_of().labgpt_caption
    held = cost.memory("llama-2-7b", 1).total / 1e9
    assert f"{held:.3g} GB, does not fit one H100" in price.memory_of("llama-2-7b", device="h100").labgpt_caption
    said = price.carbon_of(region="FR", pue=1.1).labgpt_caption
    assert f"{cost.energy(1_082_880, 400, 1.1, 'FR').kg / 1000:,.0f} t in FR" in said
    assert "BLOOM, LLaMA's method: 183 t. BLOOM, its authors: 24.7 t" in price.accounts(*BLOOM).labgpt_caption
    bars = [label.get_text() for label in price.accounts(*BLOOM).axes[0].get_yticklabels()]
    assert [bar.partition("×")[2] for bar in bars[1:]] == ["1.00", "0.91", "0.15\n= BLOOM, its authors"]


def test_a_control_redraws_number_and_picture():
    box = figures.explorer(price.budget_of, dollars=[1e3, 1e5])
    slider, picture, caption = box.children
    before = bytes(picture.value), caption.value
    slider.value = 1e3
    assert bytes(picture.value) != before[0] and caption.value != before[1] and "1k $ buys" in caption.value


def test_roofline_counts_the_layers_on_either_side():
    h100 = cost.device("h100")
    made = price.roofline({"writes": cost.layers("gpt2", 1, generate=True)}, h100.peak, h100.bandwidth, "H100")
    assert "writes, 0%" in made.labgpt_caption and "n = 6 kinds of product" in made.labgpt_caption


@pytest.mark.parametrize(("call", "message"), [
    (lambda: price.budget_of(device="v100"), "no price is known"),
    (lambda: price.carbon_of(region="XX"), "region = 'XX'"),
    (lambda: price.size_of(d_model=32), "n_head = 0"),
    (lambda: price.memory_of("gpt5"), "near: gpt"),
    (lambda: price.memory_of("gpt2", zero=7), "zero = 7"),
])
def test_wrong_choices_are_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()
