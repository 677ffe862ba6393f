"""A study in TOML, its shards, and the ledger that keeps it within a limit."""

import json
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labgpt import sweep
from labgpt.cli import main
from labgpt.record import RunDir, sha256
from labgpt.sweep.ledger import UNITS, Ledger

TINY = "widths = [8, 16, 24]\nbudgets = [2048, 4096]\n[set]\nval_tokens = 2048\nwarmup_steps = 2\nbatch_size = 8\n"


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(TINY)
    return path


def test_a_study_says_the_same_in_toml_and_in_python(study):
    fields = {"val_tokens": 2048, "warmup_steps": 2, "batch_size": 8}
    ids = [spec.run_id for spec in sweep.Study.read(study).specs()]
    assert ids == [spec.run_id for spec in sweep.grid((8, 16, 24), (2048, 4096), **fields)]


@pytest.mark.parametrize("line, said", [
    ("widths = 8", "widths"), ("width = [8]", "width = .*allowed is .*widths"), ("seeds = 0", "seeds"), ("widths = [", "not TOML"),
    ("[limit]\nhours = 3", "limit"), ("[limit]\nmoney = 3", "per_hour"), ("[limit]\nseconds = 3\nflops = 2", "limit"),
    ("[set]\nlayers = 3", "layers"), ("corpus = 'wiki'", "corpus"),
])  # fmt: skip
def test_a_slip_in_a_study_gets_one_line(tmp_path, capsys, line, said):
    path = tmp_path / "study.toml"
    path.write_text(line)
    assert main(["sweep", "plan", str(path)]) == 2
    with pytest.raises(ValueError, match=said) as error:
        sweep.Study.read(path).specs()
    assert "\n" not in str(error.value) and capsys.readouterr().err.count("\n") == 1


def test_a_missing_study_is_named(capsys):
    assert main(["sweep", "plan", "nowhere.toml"]) == 2 and "nowhere.toml" in capsys.readouterr().err


@given(st.integers(1, 9), st.integers(1, 4))
def test_shards_share_out_every_run_once(parts, seeds):
    specs = sweep.grid((8, 16, 24), (2048,), seeds=seeds)
    dealt = [sweep.share(specs, f"{i}/{parts}") for i in range(parts)]
    assert sorted(s.run_id for part in dealt for s in part) == sorted(s.run_id for s in specs)
    assert max(map(len, dealt)) - min(map(len, dealt)) <= 1


@pytest.mark.parametrize("text", ["1/1", "2", "-1/3", "a/b", "1/0", ""])
def test_a_wrong_shard_is_told(text):
    with pytest.raises(ValueError, match="shard"):
        sweep.share(sweep.grid((8,), (2048,)), text)


def test_a_sweep_stops_where_its_limit_does_and_goes_on_when_it_is_raised(study, tmp_path, capsys):
    store, specs = tmp_path / "store", sweep.Study.read(study).specs()
    prices = [Ledger(store, "flops", 1).price(spec) for spec in specs]
    study.write_text(TINY + f"[limit]\nflops = {prices[0] + prices[1]}\n")
    asked = ["sweep", "run", str(study), "--store", str(store)]
    assert main(asked) == 0
    assert [RunDir(store / s.run_id).finished_rows() is not None for s in specs] == [True, True, False]
    assert "1 of 3 runs not paid for" in capsys.readouterr().out
    study.write_text(TINY + f"[limit]\nflops = {sum(prices)}\n")
    assert main(asked) == 0 and Ledger(store, "flops", sum(prices)).left == 0
    assert "not paid" not in capsys.readouterr().out
    assert main(["sweep", "status", str(study), "--store", str(store)]) == 0
    assert "3 done; wall seconds of those: predicted" in capsys.readouterr().out


def test_the_ledger_charges_what_was_taken_and_gives_back_the_rest(tmp_path):
    a, b = sweep.grid((8, 16), (2048,), val_tokens=2048, warmup_steps=2, batch_size=8)
    ledger = Ledger(tmp_path, "seconds", 1000.0)
    assert ledger.reserve(a) and ledger.reserve(b)
    assert ledger.left == pytest.approx(1000 - ledger.price(a) - ledger.price(b))
    sweep.run([a], tmp_path, progress=False)
    for spec in (a, b):
        ledger.settle(spec)
    assert ledger.left == pytest.approx(1000 - RunDir(tmp_path / a.run_id).status()["seconds"]), "b never ran: given back"
    money = Ledger(tmp_path / "other", "money", 1.0, per_hour=3600.0)
    assert money.price(a) == pytest.approx(ledger.price(a))


@given(st.lists(st.floats(0.1, 5), min_size=1, max_size=12), st.floats(0.1, 20), st.randoms())
def test_no_order_of_reserving_and_settling_overdraws(tmp_path_factory, prices, limit, order):
    store = tmp_path_factory.mktemp("ledger")
    specs, ledger = sweep.grid((8,), (2048,), seeds=len(prices)), Ledger(store, "flops", limit)
    priced = dict(zip((s.run_id for s in specs), prices))
    ledger.price = lambda spec: priced[spec.run_id]
    for _ in range(20):
        spec = order.choice(specs)
        order.choice((ledger.reserve, ledger.settle))(spec)
        assert ledger.left >= -1e-9, "nothing finished, so nothing can have taken more than was reserved"


def test_an_account_in_another_unit_and_a_broken_one_are_refused(tmp_path):
    spec = sweep.grid((8,), (2048,))[0]
    assert Ledger(tmp_path, "flops", 1e15).reserve(spec)
    with pytest.raises(ValueError, match="keeps its account"):
        Ledger(tmp_path, "seconds", 10).reserve(spec)
    (tmp_path / "ledger.json").write_text("{")
    with pytest.raises(ValueError, match="not a ledger"):
        Ledger(tmp_path, "flops", 1).reserve(spec)
    for unit, limit in (("euros", 1), *((u, -1.0) for u in UNITS), ("flops", float("nan"))):
        with pytest.raises(ValueError, match="allowed"):
            Ledger(tmp_path, unit, limit)


def test_resume_trains_what_a_store_has_begun(tmp_path, capsys):
    specs = sweep.grid((8, 16), (2048,), val_tokens=2048, warmup_steps=2, batch_size=8)
    assert main(["sweep", "resume", "--store", str(tmp_path)]) == 2
    for spec in specs:
        (tmp_path / spec.run_id).mkdir()
        (tmp_path / spec.run_id / "spec.json").write_text(spec.to_json())
    assert main(["sweep", "resume", "--store", str(tmp_path)]) == 0
    assert not sweep.unfinished(specs, tmp_path)


def test_a_store_is_drawn_and_one_without_a_result_is_not(tmp_path, capsys):
    store = tmp_path / "store"
    assert main(["report", str(store)]) == 2 and "no finished run" in capsys.readouterr().err
    sweep.run(sweep.grid((8, 16), (2048, 4096), val_tokens=2048, warmup_steps=2, batch_size=8), store, progress=False)
    assert main(["report", str(store), "--out", str(tmp_path / "r.html")]) == 0
    page = (tmp_path / "r.html").read_text()
    assert page.count("<img") >= 2 and "no law" in page and "http" not in page.replace("http-equiv", "")


@pytest.mark.timed
def test_ten_thousand_runs_are_listed_in_a_second(tmp_path):
    rng = random.Random(0)
    for i in range(10_000):
        place = RunDir(tmp_path / f"{rng.getrandbits(48):012x}")
        place.path.mkdir()
        place.spec.write_text("{}")
        rows = json.dumps({"val_loss": i}) + "\n"
        place.rows_file.write_text(rows)
        place.status_file.write_text(json.dumps({"state": "done", "steps": 9, "total_steps": 9, "rows_sha256": sha256(rows)}))
    began = time.perf_counter()
    assert sum(run["state"] == "done" for run in sweep.runs(tmp_path)) == 10_000
    assert time.perf_counter() - began < 1.0
