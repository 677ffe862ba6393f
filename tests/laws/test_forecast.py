"""A sealed forecast: written once, verified at every reading, scored against a measurement."""
from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labgpt.laws import forecast

PAYLOAD = {"predicted": 2.5, "low": 2.4, "high": 2.7, "level": 0.95, "specs": ["abc"], "data_sha256": "0" * 64}


def test_a_seal_is_what_is_read(tmp_path):
    sealed = forecast.seal(tmp_path / "f.json", PAYLOAD)
    assert forecast.read(tmp_path / "f.json") == sealed
    assert {key: sealed[key] for key in PAYLOAD} == PAYLOAD
    assert len(sealed["sha256"]) == 64 and sealed["sealed_at"].endswith("+00:00")


def test_the_same_payload_keeps_the_first_seal(tmp_path):
    path = tmp_path / "f.json"
    first, before = forecast.seal(path, PAYLOAD), path.read_bytes()
    again = forecast.seal(path, {**PAYLOAD, "predicted": np.float64(2.5), "specs": ("abc",)})
    assert again == first and path.read_bytes() == before


def test_another_payload_is_refused(tmp_path):
    path = tmp_path / "f.json"
    forecast.seal(path, PAYLOAD)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="f.json holds another forecast"):
        forecast.seal(path, {**PAYLOAD, "predicted": 2.51})
    assert path.read_bytes() == before


@pytest.mark.parametrize("edit", [
    lambda s: s | {"predicted": 2.51}, lambda s: s | {"sealed_at": "2020-01-01T00:00:00+00:00"},
    lambda s: s | {"new": 1},
    lambda s: {k: v for k, v in s.items() if k != "low"}, lambda s: s | {"sha256": "0" * 64},
    lambda s: s | {"predicted": float("nan")}, lambda s: {k: v for k, v in s.items() if k != "sha256"}, lambda s: [s]])
def test_an_edited_seal_is_refused(tmp_path, edit):
    path = tmp_path / "f.json"
    path.write_text(json.dumps(edit(forecast.seal(path, PAYLOAD))))
    for act in (forecast.read, lambda p: forecast.score(p, 2.5), lambda p: forecast.seal(p, PAYLOAD)):
        with pytest.raises(ValueError, match="f.json") as told:
            act(path)
        assert "\n" not in str(told.value)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_changed_byte_changes_what_is_read(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("seal") / "f.json"
    sealed, raw = forecast.seal(path, PAYLOAD), bytearray(path.read_bytes())
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(raw))
    try:
        assert forecast.read(path) == sealed
    except ValueError as told:
        assert "f.json" in str(told)


def test_score(tmp_path):
    forecast.seal(tmp_path / "f.json", PAYLOAD)
    inside, outside = (forecast.score(tmp_path / "f.json", y) for y in (2.45, 2.8))
    assert inside["relative_error"] == pytest.approx(0.05 / 2.45) and inside["inside"]
    assert inside["interval_score"] == pytest.approx(0.3)
    assert outside["relative_error"] == pytest.approx(-0.3 / 2.8) and not outside["inside"]
    assert outside["interval_score"] == pytest.approx(0.3 + 2 / 0.05 * 0.1)


@pytest.mark.parametrize("payload", [{"predicted": float("nan")}, {"sha256": "x"}, {"what": object()}, [1]])
def test_what_cannot_be_sealed_is_told(tmp_path, payload):
    with pytest.raises(ValueError, match="payload"):
        forecast.seal(tmp_path / "f.json", payload)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_scored_is_told(tmp_path):
    with pytest.raises(ValueError, match="does not exist"):
        forecast.score(tmp_path / "none.json", 2.5)
    forecast.seal(tmp_path / "f.json", {"predicted": 2.5})
    with pytest.raises(ValueError, match="no number 'low'"):
        forecast.score(tmp_path / "f.json", 2.5)
    for wrong in (0, float("nan"), "2.5", None):
        with pytest.raises(ValueError, match="measured"):
            forecast.score(tmp_path / "f.json", wrong)
