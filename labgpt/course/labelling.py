"""Buttons to label texts with, one after the other. Nothing waits for them: whoever runs all cells goes on unlabelled."""

import html
from collections.abc import Sequence


class Labels(dict):
    """{number of the text: its place among `kinds`}, filled as buttons are pressed. `.widget` is what to show."""

    def __init__(self, texts: Sequence[str], kinds: tuple[str, ...] = ("junk", "story")):
        super().__init__()
        import ipywidgets as widgets

        self.texts, self.at, self.page = list(texts), 0, widgets.HTML()
        buttons = [widgets.Button(description=kind) for kind in (*kinds, "back")]
        for place, button in enumerate(buttons):
            button.on_click(lambda _, place=place: self.press(place if place < len(kinds) else -1))
        self.widget = widgets.VBox([self.page, widgets.HBox(buttons)])
        self._show()

    def press(self, kind: int) -> None:
        """Give the text that is shown that kind and go on; -1 goes back."""
        if kind >= 0 and self.at < len(self.texts):
            self[self.at] = kind
        self.at = min(max(self.at + (1 if kind >= 0 else -1), 0), len(self.texts))
        self._show()

    def _show(self) -> None:
        done = self.at == len(self.texts)
        text = "all labelled: run the next cell" if done else html.escape(f"{self.at + 1} of {len(self.texts)}\n\n{self.texts[self.at]}")
        self.page.value = f"<div style='max-width:700px;min-height:9em;white-space:pre-line'>{text}</div>"
