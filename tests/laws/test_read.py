"""Any table: columns found, units looked at, rows chosen by a comparison; a hundred malformed ones fitted or refused in a line."""
from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from labgpt.cli import main
from labgpt.laws import Chinchilla, read

TRUE = Chinchilla.of(1.8, 400, 900, 0.35, 0.37)
ROLES = {"n": "params", "d": "tokens", "c": None, "loss": "loss"}


def table(noise: float = 0.002, rows: int = 6) -> pd.DataFrame:
    N, D = (g.ravel() for g in np.meshgrid(np.geomspace(1e6, 1e9, rows), np.geomspace(1e8, 1e11, rows)))
    loss = TRUE.predict(N, D) * np.exp(noise * np.random.default_rng(0).standard_normal(len(N)))
    return pd.DataFrame({"params": N, "tokens": D, "loss": loss, "name": [f"run{i}" for i in range(len(N))]})


# Columns, comparisons, units

@pytest.mark.parametrize(("names", "roles"), [
    (["n_matmul", "tokens", "flops", "val_loss"], dict(n="n_matmul", d="tokens", c="flops", loss="val_loss")),
    (["Model Size", "Training FLOP", "loss"], dict(n="Model Size", d=None, c="Training FLOP", loss="loss")),
    (["parameters", "compute_budget", "final_loss"], dict(n="parameters", d=None, c="compute_budget", loss="final_loss")),
    (["N", "D", "L"], dict(n="N", d="D", c=None, loss="L")), (["x", "y"], dict(n=None, d=None, c=None, loss=None))])
def test_columns_are_found(names, roles):
    assert read.columns(pd.DataFrame({name: [1.0] for name in names}), n=None, d=None, c=None, loss=None) == roles


@pytest.mark.parametrize(("expression", "left"), [
    ("loss < 2.5", lambda t: t.loss < 2.5), ("2 < loss <= 2.5", lambda t: (t.loss > 2) & (t.loss <= 2.5)),
    ("n > 1e7 and not (d < 1e9 or loss >= 3)", lambda t: (t.params > 1e7) & ~((t.tokens < 1e9) | (t.loss >= 3))),
    ("name == 'run3'", lambda t: t.name == "run3"), ("name != \"run3\" and loss > -1", lambda t: t.name != "run3")])
def test_a_comparison_chooses_rows(expression, left):
    rows = table()
    assert read.choose(rows, expression, ROLES).index.tolist() == rows.index[left(rows)].tolist()


@pytest.mark.parametrize("expression", [
    "", "loss", "1 < 2", "loss < 2 +", "__import__('os').system('x') < 1", "loss.max() < 3", "[1] < loss", "loss < 2; n > 1", "lambda: 1",
    "loss if n > 1 else d", "loss < 'a'", "loss in (1, 2)", "loss < " + "(" * 500, "(loss < 2) < 3", "loss := 3", "loss < 9e9 ** 9",
    "-'a' < loss", "f'{loss}' < 1", "loss < True"])
def test_anything_else_is_refused_and_never_run(expression):
    with pytest.raises(ValueError, match="keep = ") as told:
        read.choose(table(), expression, ROLES)
    assert "\n" not in str(told.value)


def test_an_unknown_column_and_no_rows_are_told():
    with pytest.raises(ValueError, match="'lossy' is missing"):
        read.choose(table(), "lossy < 2", ROLES)
    with pytest.raises(ValueError, match="no row is left of 36"):
        read.choose(table(), "loss < 1", ROLES)


def looked(rows) -> list[str]:
    return read.prepare(rows, read.columns(rows, n=None, d=None, c=None, loss=None), ("n", "d", "loss"))[2]


@pytest.mark.parametrize(("change", "says"), [
    (lambda t: t.assign(params=t.params / 1e6), "fewer parameters than any"), (lambda t: t.assign(tokens=t.tokens / 1e9), "fewer tokens"),
    (lambda t: t.assign(tokens=t.tokens / 1e5), "a parameter"), (lambda t: t.assign(loss=np.exp(t.loss)), "perplexity"),
    (lambda t: t.assign(flops=6 * t.params * t.tokens / 1e6), "another unit"),
    (lambda t: t.assign(flops=6e3 * t.params * t.tokens), "another unit")])
def test_other_units_are_refused(change, says):
    with pytest.raises(ValueError, match=says):
        looked(change(table()))


@pytest.mark.parametrize(("change", "says"), [
    (lambda t: t.assign(val_loss=t.loss / np.log(2)), "looks like bits"),
    (lambda t: t.rename(columns={"loss": "bpb"}), None),
    (lambda t: t.assign(vocab_size=12), "ln of vocab_size"), (lambda t: t.assign(bayes_loss=t.loss + 1), "below bayes_loss")])
def test_doubtful_units_are_said(change, says):
    rows = change(table())
    if says is None:
        roles = read.columns(rows, n=None, d=None, c=None, loss="bpb")
        assert any("looks like bits" in said for said in read.prepare(rows, roles, ("n", "d", "loss"))[2])
    else:
        assert any(says in said for said in looked(rows))
    assert looked(table()) == []


# The command

def test_the_command_writes_what_it_says(tmp_path, capsys):
    rows = table().assign(C=lambda t: 6 * t.params * t.tokens).drop(columns="tokens")
    rows.to_csv(tmp_path / "t.csv", index=False)
    written = ["--json", str(tmp_path / "f.json"), "--png", str(tmp_path / "f.png")]
    assert main(["fit", str(tmp_path / "t.csv"), "--bootstrap", "50", *written]) == 0
    found = json.loads((tmp_path / "f.json").read_text())
    assert {"form", "estimator", "rows_used", "params", "objective", "intervals", "a", "warnings"} <= set(found)
    assert (found["form"], found["estimator"], found["rows_used"]) == ("chinchilla", "huber", 36)
    assert found["params"] == pytest.approx(TRUE.params, rel=0.2) and found["params"]["E"] == pytest.approx(1.8, abs=0.05)
    low, high = found["intervals"]["a"]
    assert low <= found["a"] <= high and any("D = C / (6 N)" in w for w in found["warnings"])
    assert (tmp_path / "f.png").stat().st_size > 10_000 and "alpha" in capsys.readouterr().out


@pytest.mark.parametrize(("form", "names"), [
    ("tied", "E A B alpha"), ("kaplan", "N_c D_c alpha_N alpha_D"), ("size", "E A alpha"), ("tokens", "E A alpha"),
    ("compute", "E A alpha"), ("repeated", "R_D R_N"), ("overfit", "P kappa lambda")])
def test_every_form_has_its_command(form, names, tmp_path):
    rows = table().assign(flops=lambda t: 6 * t.params * t.tokens, unique_tokens=lambda t: t.tokens)
    again = rows.assign(unique_tokens=rows.tokens / 8, loss=rows.loss * 1.01)
    pd.concat([rows, again] if form in ("repeated", "overfit") else [rows]).to_csv(tmp_path / "t.csv", index=False)
    assert main(["fit", str(tmp_path / "t.csv"), "--form", form, "--bootstrap", "5", "--json", str(tmp_path / "f.json")]) == 0
    assert list(json.loads((tmp_path / "f.json").read_text())["params"]) == names.split()


@pytest.mark.parametrize("method", ["argmin", "parabola", "akima", "parametric"])
def test_isoflop_by_each_method(method, tmp_path):
    C = np.repeat([1e17, 1e18, 1e19, 1e20], 9)
    N = (np.array([TRUE.optimal(c).N for c in C]) * np.tile(np.geomspace(0.2, 5, 9), 4))
    records = [{"parameters": n, "compute_budget": c, "final_loss": TRUE.predict(n, c / (6 * n))} for n, c in zip(N, C)]
    (tmp_path / "t.json").write_text(json.dumps(records))
    assert main(["fit", str(tmp_path / "t.json"), "--form", "isoflop", "--method", method, "--json", str(tmp_path / "f.json")]) == 0
    found = json.loads((tmp_path / "f.json").read_text())
    assert found["exponent"] == pytest.approx(TRUE.a_, abs=0.01) and set(found["intervals"]) == {"coefficient", "exponent"}
    assert [float(c) for c in found["at"]] == pytest.approx([1e17, 1e18, 1e19, 1e20])
    assert list(found["at"].values())[2] == pytest.approx(TRUE.optimal(1e19).N, rel=0.08)


def test_a_forecast_is_sealed_and_scored(tmp_path, capsys):
    table().to_csv(tmp_path / "t.csv", index=False)
    seal = [str(tmp_path / "s.json"), "--table", str(tmp_path / "t.csv"), "--at-n", "1e10", "--at-d", "2e11"]
    assert main(["forecast", "seal", *seal]) == 0
    assert json.loads((tmp_path / "s.json").read_text())["data_sha256"]
    assert main(["forecast", "score", seal[0], "--measured", str(TRUE.predict(1e10, 2e11))]) == 0
    assert "inside the 95 % range" in capsys.readouterr().out
    assert main(["forecast", "seal", *seal[:-1], "3e11"]) == 2  # another forecast in the same place
    edited = (tmp_path / "s.json").read_text().replace('"level": 0.95', '"level": 0.96')
    (tmp_path / "s.json").write_text(edited)
    assert main(["forecast", "score", seal[0], "--measured", "2"]) == 2
    assert "edited" in capsys.readouterr().err
    assert main(["forecast", "score", seal[0]]) == 2 and main(["forecast", "seal", seal[0]]) == 2


# A hundred malformed tables

COLUMNS = ("params", "tokens", "loss")
VALUES = {"nan": np.nan, "inf": np.inf, "minus inf": -np.inf, "zero": 0.0, "negative": -1.5, "text": "big", "empty": ""}


def spoilt(rows, column, value):
    rows = rows.astype({column: object})
    rows.loc[5, column] = value
    return rows


BAD = [(c, what, value) for c in COLUMNS for what, value in (*VALUES.items(), ("one", 2e6))]
FACTORS = (1e-12, 1e-9, 1e-6, 1e-3, 1e3, 1e6, 1e9, 1e12, 1e300)
MALFORMED = {f"{what} in {c}": (lambda t, c=c, v=v: spoilt(t, c, v)) for c, what, v in BAD if what != "one"}
MALFORMED |= {f"no {c}": (lambda t, c=c: t.drop(columns=c)) for c in COLUMNS}
MALFORMED |= {f"all {what} in {c}": (lambda t, c=c, v=v: t.assign(**{c: v})) for c, what, v in BAD}
MALFORMED |= {f"{k} rows": (lambda t, k=k: t.iloc[:k]) for k in (0, 1, 2, 3, 5, 6, 7)}
MALFORMED |= {f"rows {k} times": (lambda t, k=k: pd.concat([t] * k)) for k in (2, 50)}
MALFORMED |= {f"{c} times {f:g}": (lambda t, c=c, f=f: t.assign(**{c: t[c] * f})) for c in COLUMNS for f in FACTORS}
MALFORMED |= {
    "one N": lambda t: t.assign(params=1e7),
    "two N": lambda t: t[t.params < 5e6],
    "one D": lambda t: t.assign(tokens=1e9),
    "N is D": lambda t: t.assign(params=t.tokens),
    "bits": lambda t: t.assign(loss=t.loss / np.log(2)),
    "a million rows": lambda t: pd.concat([table(0.01, 40)] * 625).assign(loss=lambda x: x.loss + 1e-9 * np.arange(len(x))),
    "loss rises": lambda t: t.assign(loss=8 - t.loss),
    "constant loss": lambda t: t.assign(loss=2.0),
    "columns twice": lambda t: pd.concat([t, t], axis=1),
    "shuffled columns": lambda t: t[t.columns[::-1]],
    "booleans": lambda t: t.assign(loss=t.loss > 2),
    "dates": lambda t: t.assign(tokens="2026-01-01"),
    "lists": lambda t: t.assign(params="[1, 2]"),
    "thousands": lambda t: t.assign(tokens=[f"{int(v):,}" for v in t.tokens]),
    "unit in cell": lambda t: t.assign(params=[f"{v / 1e6:.0f}M" for v in t.params]),
    "one branch": lambda t: t.assign(branch="a"),
    "empty branch": lambda t: t.assign(branch=None),
    "two branches": lambda t: t.assign(branch=["a", "b"] * 18),
    "mixed corpora": lambda t: t.assign(corpus=["a", "b"] * 18),
    "noise only": lambda t: t.assign(loss=np.random.default_rng(1).uniform(2, 3, 36)),
    "no header": None, "binary": None, "not a table": None, "ragged": None, "empty file": None,
}
FILES = {"no header": "1,2,3\n4,5,6\n", "binary": bytes(range(256)) * 20, "not a table": "{\"a\": [1, 2", "empty file": "",
         "ragged": "params,tokens,loss\n1,2\n1,2,3,4,5\n"}


def test_there_are_a_hundred():
    assert len(MALFORMED) >= 100


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_table_is_fitted_or_refused_in_a_line(what, tmp_path, capsys):
    path, out = tmp_path / "t.csv", tmp_path / "f.json"
    if MALFORMED[what] is None:
        raw = FILES[what]
        path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    else:
        MALFORMED[what](table()).to_csv(path, index=False)
    code = main(["fit", str(path), "--bootstrap", "5", "--json", str(out)])
    said = capsys.readouterr().err.strip()
    if code == 0:
        found = json.loads(out.read_text())
        assert all(np.isfinite(v) for v in found["params"].values()) and found["rows_used"] >= 6 and not said
    else:
        assert code == 2 and len(said.splitlines()) == 1 and said.startswith("labgpt: ") and len(said) < 400, said
        assert not out.exists()


@pytest.mark.parametrize(("what", "says"), [
    ("no loss", "name it with --loss"), ("nan in tokens", "tokens = nan in row 5"), ("negative in loss", "loss = -1.5 in row 5"),
    ("text in params", "params holds"), ("one N", "params has 1 different"), ("2 rows", "2 rows: at least 6"),
    ("params times 1e-06", "millions"),
    ("a million rows", "at most 5000"), ("empty file", "allowed is a CSV"), ("mixed corpora", "choose one with --corpus"),
    ("thousands", "not a number"), ("loss times 1000", "perplexity")])
def test_and_says_why(what, says, tmp_path, capsys):
    path = tmp_path / "t.csv"
    if MALFORMED[what] is None:
        path.write_text(FILES[what])
    else:
        MALFORMED[what](table()).to_csv(path, index=False)
    assert main(["fit", str(path), "--bootstrap", "0"]) == 2
    assert says in capsys.readouterr().err
