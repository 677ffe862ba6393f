"""The lessons' runs: every reference table belongs to the specs that the notebooks train."""

import json

import pandas as pd
import pytest

from labgpt import corpus
from labgpt.studies import lessons, reference

WRITTEN = [name for name in (*lessons.LESSONS, "07_data_study", "08_counting") if reference.path(name).exists()]


@pytest.mark.parametrize("name", lessons.LESSONS)
def test_every_lesson_has_runs_in_every_tier(name):
    micro, gpu = lessons.groups(name), lessons.groups(name, "gpu")
    assert micro.keys() == gpu.keys() and all(micro.values())
    assert all(s.science.model.d_model < g.science.model.d_model for k in micro for s, g in zip(micro[k], gpu[k], strict=True))


@pytest.mark.parametrize("name", ["05_tuning_study", "07_data_study"])
def test_a_study_that_a_notebook_reads_is_the_same_in_every_tier(name):
    assert lessons.groups(name, "gpu") == lessons.groups(name)


@pytest.mark.parametrize("name", WRITTEN)
def test_the_reference_runs_are_the_lesson_s(name):
    table, made = pd.read_csv(reference.path(name)), json.loads(reference.path(name).with_suffix(".json").read_text())
    for group, specs in lessons.groups(name, seeds=reference.SEEDS).items():
        rows = table[table["group"] == group]
        if specs[0].science.data.corpus == "pysource":
            continue  # a text of this machine: another Python has another hash
        assert set(rows["run_id"]) == {s.run_id for s in specs}, f"{group}: make it again with `labgpt reference {name}`"
        assert len(rows) == sum(len(s.science.schedule.budgets) for s in specs)
        known = rows["bayes_loss"].notna()
        assert known.all() if specs[0].science.data.tokenizer == "symbols" else not known.any()
        assert rows["val_loss"][known].gt(rows["bayes_loss"][known]).all()
    assert all(sha256 == corpus.load(c).sha256 for c, sha256 in made["corpora"].items() if c != "pysource")
    assert {"commit", "torch", "command"} <= made.keys()


def test_the_recorded_stories_are_the_lesson_s(tmp_path):
    from labgpt.studies import stories

    told = json.loads(stories.RECORDED.read_text())
    specs = lessons.groups("02_tokens", seeds=reference.SEEDS)["tales"]
    assert set(told) == {s.run_id for s in specs}
    assert stories.story(specs[0].run_id, tmp_path) == told[specs[0].run_id], "not in the store: as recorded"
    words = set(corpus.words("tales"))
    assert all(set(text.replace(",", " ,").replace(".", " .").split()) <= words for text in told.values())


def test_a_run_in_the_store_tells_its_own_story(tmp_path):
    from labgpt import sweep
    from labgpt.studies import stories

    row = sweep.run(sweep.grid([8], (4096,), "tales", val_tokens=2048), tmp_path).iloc[0]
    story = stories.story(row["run_id"], tmp_path)
    assert story and story not in json.loads(stories.RECORDED.read_text()).values()


def test_the_sealed_forecast_of_lesson_03_is_whole_and_names_its_run():
    from labgpt.laws import forecast

    sealed = forecast.read(reference.path("03_compute").with_name("03_forecast.json"))  # an edit raises
    (spec,) = lessons.groups("03_compute")["unseen"]
    assert sealed["run_id"] == spec.run_id and sealed["tokens"] == spec.science.schedule.budgets[-1]


def test_an_unknown_lesson_is_named():
    with pytest.raises(ValueError, match="17_dreams.*01_model_size"):
        lessons.groups("17_dreams")
