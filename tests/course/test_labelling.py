"""Buttons label one text after the other, go back, and wait for nobody."""

from labgpt.course.labelling import Labels


def test_presses_are_kept_and_can_be_taken_back():
    mine = Labels(["a <b>", "c", "d"])
    page, buttons = mine.widget.children
    junk, story, back = buttons.children
    assert mine == {} and "1 of 3" in page.value and "a &lt;b&gt;" in page.value
    story.click()
    junk.click()
    back.click()
    story.click()
    assert mine == {0: 1, 1: 1} and "3 of 3" in page.value
    junk.click()
    junk.click()
    assert mine == {0: 1, 1: 1, 2: 0} and "all labelled" in page.value
