"""The notebooks' facade: what a tier trains, what it replays, and a band that tells a right run from a wrong one."""

import pytest

from labgpt.course import Lesson
from labgpt.studies import lessons

NAME = "01_model_size"


@pytest.fixture
def replay(monkeypatch, tmp_path):
    monkeypatch.setenv("LABGPT_TIER", "replay")
    return Lesson(NAME, store=tmp_path / "store")


def test_replay_shows_one_seed_of_the_reference_and_trains_nothing(replay, tmp_path):
    runs = replay.run("sizes")
    assert set(runs["seed"]) == {0} and len(runs) == len(lessons.groups(NAME)["sizes"])
    assert not (tmp_path / "store").exists()


def test_a_live_run_lies_in_the_reference_band(replay):
    live = replay.live("sizes", 0)
    assert len(live) == 1 and replay.inside_band(live)


def test_a_loss_that_is_three_per_cent_off_lies_outside(replay):
    runs = replay.run("sizes")
    assert replay.inside_band(runs)
    for factor in (0.97, 1.03):
        wrong = runs.assign(val_loss=runs["val_loss"] * factor)
        assert not replay.inside_band(wrong.iloc[:1])


def test_the_band_comes_from_three_seeds(replay):
    assert set(replay.reference["seed"]) == {0, 1, 2}
    low, high = replay.band(replay.run("sizes").iloc[0])
    assert 0 < high - low < 0.1


def test_what_was_spent_counts_a_trunk_once(replay):
    from labgpt import cost
    from labgpt.spec import derive
    from labgpt.train.loop import planned_tokens

    spec = derive(8, budgets=(20_480, 40_960), val_tokens=2048)
    two = replay.train(spec)
    seconds, flops = replay.spent(two, two)
    assert flops == pytest.approx(cost.training_flops(spec.science.model, planned_tokens(spec)), rel=0.02)
    assert two["seconds"].max() < seconds < two["seconds"].sum()


def test_what_does_not_exist_is_named(replay, monkeypatch):
    with pytest.raises(ValueError, match="sixes.*sizes"):
        replay.run("sixes")
    with pytest.raises(ValueError, match="17.*01_model_size"):
        Lesson("17_dreams")
    monkeypatch.setenv("LABGPT_TIER", "warp")
    with pytest.raises(ValueError, match="warp.*micro"):
        Lesson(NAME)


def test_a_lesson_says_how_long_it_takes(replay, monkeypatch):
    assert "replay" in replay.about()
    monkeypatch.setenv("LABGPT_TIER", "micro")
    assert Lesson(NAME).seconds() > replay.seconds()


def test_a_family_of_groups_is_one_table_with_its_knobs(monkeypatch, tmp_path):
    monkeypatch.setenv("LABGPT_TIER", "replay")
    lesson = Lesson("07_data_runs_out", store=tmp_path)
    table = lesson.run("copies")
    assert table["knob"].tolist() == [4, 16, 64, 256] and set(table["group"]) == {f"copies:{c}" for c in (4, 16, 64, 256)}
    assert table["val_loss"].tolist() == [lesson.run(group)["val_loss"][0] for group in table["group"]]


def test_a_family_is_trained_side_by_side(monkeypatch, tmp_path):
    from labgpt import sweep

    lesson, calls = Lesson("07_data_runs_out", store=tmp_path), []
    lesson.tier = "micro"
    monkeypatch.setattr(sweep, "run", lambda specs, store: calls.append(len(specs)) or lesson.reference.iloc[:1])
    lesson.run("copies")
    assert calls[0] == 4, "all of them in one pool, before any is read"


def test_what_is_only_shown_costs_no_time(monkeypatch):
    monkeypatch.setenv("LABGPT_TIER", "micro")
    lesson = Lesson("02_tokens")
    before = lesson.seconds()
    assert "more" in lesson.groups
    for name in lessons.SHOWN["02_tokens"]:
        del lesson.groups[name]
    assert lesson.seconds() == before
