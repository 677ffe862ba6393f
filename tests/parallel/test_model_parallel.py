"""A model in parts is the same model, by hand and by torch; what each rank holds is what was predicted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from labgpt.cost.pipeline import KINDS
from labgpt.model import GPT
from labgpt.parallel.strategies import Stage
from labgpt.spec import derive


def started(ranks: int, place: Path) -> list[dict]:
    command = [sys.executable, str(Path(__file__).with_name("many_ranks.py")), str(ranks), str(place)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads((place / f"{rank}.json").read_text()) for rank in range(ranks)]


@pytest.fixture(scope="module", params=[2, pytest.param(4, marks=pytest.mark.slow)])
def ranks(request, tmp_path_factory) -> list[dict]:
    return started(request.param, tmp_path_factory.mktemp("many"))


def test_a_layer_by_hand_is_the_whole_layer_and_torch_s(ranks):
    for found in ranks:
        assert max(found["mlp"]["own"]) < 1e-5 and max(found["mlp"]["torch"]) < 1e-5
        assert found["mlp"]["all_reduces"] == 2  # one forward, one backward


@pytest.mark.parametrize("mutant", ["no sum", "no sum backward"])
def test_a_sum_left_out_is_caught(ranks, mutant):
    assert all(max(found["mlp"][mutant]) > 0.01 for found in ranks)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pipeline_by_hand_gives_the_gradient_of_the_whole_model_and_torch_s(ranks, kind):
    for found in ranks:
        assert found["pipeline"][kind]["apart"] < 1e-5 and found["pipeline"][kind]["torch"] < 1e-5


def test_both_schedules_give_the_same_bits(ranks):
    assert all(found["pipeline"]["gpipe"]["sha256"] == found["pipeline"]["1f1b"]["sha256"] for found in ranks)


def test_twenty_steps_under_1f1b_are_one_process_s_within_1e_5(ranks):
    assert len(ranks[-1]["losses"]) == 20 and max(ranks[-1]["losses"]) < 1e-5


def test_what_a_rank_holds_at_most_is_what_was_predicted(ranks):
    for found in ranks:
        for way, held in found["memory"].items():
            said = f"W = {len(ranks)}, rank {found['rank'] if 'rank' in found else '?'}, {way}: {held}"
            assert held["predicted"] == pytest.approx(held["peak"], rel=0.15), said


def test_a_stage_has_its_own_weights_alone():
    science = derive(16, n_layer=4).science
    stages = [Stage(GPT(science.model, 3), number, 2) for number in range(2)]
    assert sum(p.numel() for s in stages for p in s.parameters()) == sum(p.numel() for p in GPT(science.model).parameters())
    ids = torch.randint(512, (2, 64))
    together = stages[1].model.read_out(stages[1](stages[0](ids)), None)
    assert torch.equal(together, GPT(science.model, 3)(ids))
