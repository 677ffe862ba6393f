"""A table from anywhere: its columns found or named, its units looked at, its rows chosen by a comparison."""
import ast
import operator
from pathlib import Path

import numpy as np

from labgpt.laws import table as tables

ALIASES = {  # letters and digits of a column's name, lower case; the first that a table has is taken
    "n": ("nmatmul", "n", "params", "parameters", "nparams", "numparams", "modelsize", "size", "ntotal", "nnonemb"),
    "d": ("tokens", "d", "ntokens", "numtokens", "trainingtokens", "traintokens", "data"),
    "c": ("flops", "c", "compute", "computebudget", "trainingflop", "trainingflops", "flop"),
    "loss": ("valloss", "loss", "l", "finalloss", "validationloss", "evalloss", "testloss"),
}
LEAST = {"n": 500, "d": 1000}  # fewer parameters or tokens than any language model has: another unit
MOST_LOSS, MOST_ROWS = 15.0, 5000  # nats a token: ln of any vocabulary is less


def frame(path: Path):
    """The DataFrame of a CSV file, or of a JSON file that holds a list of records. ValueError with one line."""
    import pandas as pd

    try:
        found = pd.read_json(path) if Path(path).suffix == ".json" else pd.read_csv(path)
    except (OSError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())[:120]
        raise ValueError(f"table = {str(path)!r}: {why}; allowed is a CSV file with a header, or JSON records") from None
    if not len(found):
        raise ValueError(f"table = {str(path)!r}: it has no rows; give one row a run")
    return found


def columns(rows, **named: str | None) -> dict[str, str | None]:
    """{role: column} for the roles n, d, c, loss: as named, else found by ALIASES, else None. ValueError: named and missing."""
    plain = {}
    for name in rows.columns:
        plain.setdefault("".join(ch for ch in str(name).lower() if ch.isalnum()), name)
    found = {}
    for role, name in named.items():
        if name is not None and name not in rows:
            tables.values(rows, name)
        found[role] = name or next((plain[alias] for alias in ALIASES[role] if alias in plain), None)
    return found


def choose(rows, expression: str | None, roles: dict[str, str | None]):
    """The rows for which a comparison holds, such as "loss < 3.2 and tokens >= 1e6 and corpus == 'pysource'".

    Names are columns, or the roles n, d, c, loss; beside them numbers, texts in quotes, < <= > >= == !=, and, or, not, brackets.
    Nothing is evaluated as code. ValueError for anything else, and where no row is left.
    """
    if expression is None:
        return rows
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
        mask = np.asarray(_holds(tree, rows, roles))
    except (SyntaxError, TypeError, RecursionError, MemoryError):
        mask = None
    if mask is None or mask.shape != (len(rows),) or mask.dtype != bool:
        raise ValueError(f"keep = {expression[:80]!r}: allowed is a comparison of columns, such as \"loss < 3.2 and tokens >= 1e6\"")
    if not mask.any():
        raise ValueError(f"keep = {expression[:80]!r}: no row is left of {len(rows)}; loosen it")
    return rows[mask]


COMPARE = {ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
           ast.NotEq: operator.ne}


def _holds(node, rows, roles):
    if isinstance(node, ast.BoolOp):
        parts = [_holds(value, rows, roles) for value in node.values]
        return np.logical_and.reduce(parts) if isinstance(node.op, ast.And) else np.logical_or.reduce(parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return np.logical_not(_holds(node.operand, rows, roles))
    if isinstance(node, ast.Compare) and all(type(op) in COMPARE for op in node.ops):
        sides = [_side(side, rows, roles) for side in (node.left, *node.comparators)]
        return np.logical_and.reduce([COMPARE[type(op)](a, b) for op, a, b in zip(node.ops, sides, sides[1:])])
    raise SyntaxError


def _side(node, rows, roles):
    if isinstance(node, ast.Constant) and type(node.value) in (int, float, str):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return -node.operand.value
    if isinstance(node, ast.Name):
        column = roles.get(node.id) if node.id not in rows and roles.get(node.id) else node.id
        return np.asarray(tables.values(rows, column))
    raise SyntaxError


def units(rows, roles: dict[str, str | None]) -> list[str]:
    """Warnings about what the numbers seem to be measured in. ValueError where they can't be what they are taken for."""
    got = {role: tables.column(rows, name) for role, name in roles.items() if name is not None}
    for role, word in (("n", "parameters"), ("d", "tokens")):
        if role in got and got[role].min() < LEAST[role]:
            raise ValueError(f"{roles[role]} = {got[role].min():g} at the least: fewer {word} than any language model has; in millions or "
                             "billions? multiply the column first")
    if {"n", "d", "c"} <= set(got):
        ratio = float(np.median(got["c"] / (6 * got["n"] * got["d"])))
        if not 0.05 < ratio < 20:
            raise ValueError(f"{roles['c']} is {ratio:.3g} times 6 {roles['n']} {roles['d']} (median): one of the three is in another unit")
    elif {"n", "d"} <= set(got) and np.median(got["d"] / got["n"]) < 1e-2:
        raise ValueError(f"{roles['d']} is {np.median(got['d'] / got['n']):.2g} a parameter (median): in millions or billions? multiply "
                         "the column first")
    said, loss, name = [], got.get("loss"), str(roles.get("loss"))
    if loss is None:
        return said
    if loss.max() > MOST_LOSS:
        raise ValueError(f"{name} = {loss.max():g}: more than ln of any vocabulary; a perplexity? take its logarithm first")
    nats = [c for c in rows.columns if c != name and "".join(filter(str.isalnum, str(c).lower())) in ALIASES["loss"]]
    bits = any(np.allclose(loss / np.array(rows[c], float), 1 / np.log(2), rtol=1e-3) for c in nats if rows[c].dtype.kind == "f")
    if bits or any(word in name.lower() for word in ("bit", "bpb", "bpc")):
        said.append(f"{name} looks like bits: E, A, B are in bits then; multiply by ln 2 = .693 for nats a token")
    if "vocab_size" in rows and (loss > 1.05 * np.log(np.array(rows["vocab_size"], float))).any():
        said.append(f"{name} is above ln of vocab_size: in bits, or of models worse than guessing")
    if "bayes_loss" in rows and (loss < 0.99 * np.array(rows["bayes_loss"], float)).any():
        said.append(f"{name} is below bayes_loss, which no model can be: another unit, or other tokens")
    return said


def prepare(rows, roles: dict[str, str | None], needs: tuple[str, ...]):
    """(rows, roles, warnings) ready to fit: without repeats, complete, units looked at; D = C/(6N) or C = 6ND where one is missing."""
    said = []
    if (twice := int(rows.duplicated().sum())) > 0:
        rows, said = rows[~rows.duplicated()], [f"{twice} rows stood there more than once: kept once"]
    if len(rows) > MOST_ROWS:
        raise ValueError(f"table has {len(rows)} rows: at most {MOST_ROWS} are fitted; keep one row a (run, budget), or use --keep")
    rows, roles = rows.reset_index(drop=True), dict(roles)
    for role, other, make in (("d", "c", lambda n, c: c / (6 * n)), ("c", "d", lambda n, d: 6 * n * d)):
        if role in needs and roles[role] is None and roles["n"] is not None and roles[other] is not None:
            rows = rows.assign(**{f"_{role}": make(tables.column(rows, roles["n"]), tables.column(rows, roles[other]))})
            said.append(f"{role.upper()} = {'C / (6 N)' if role == 'd' else '6 N D'}, for the table has no column of it")
            roles[role] = f"_{role}"
    for role in needs:
        if roles[role] is None:
            raise ValueError(f"{role} = None: no column looks like it; the table has {', '.join(map(str, list(rows.columns)[:12]))}; name "
                             f"it with --{role}")
    looked = {role: roles[role] for role in roles if roles[role] is not None and (role in needs or _whole(rows[roles[role]]))}
    return rows, roles, said + units(rows, looked)


def _whole(column) -> bool:
    """Whether a column that the fit does not need can be held against the others all the same."""
    return column.dtype.kind in "iuf" and bool(np.isfinite(column).all() and (column > 0).all())
