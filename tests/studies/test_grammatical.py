"""How far a text stays inside the grammar of tales."""

from __future__ import annotations

import numpy as np

from labgpt import corpus
from labgpt.studies import grammatical


def test_a_text_is_sound_up_to_the_first_word_that_no_story_has_there():
    text = corpus.load("tales")
    for row in text.val.reshape(-1, text.document_length)[:3].astype(np.int64):
        assert grammatical.sound(row) == len(row)
        for place in (1, 50, len(row) - 1):
            broken = row.copy()
            broken[place] = row[place - 1]  # no story says a word twice running
            assert grammatical.sound(broken) == place
