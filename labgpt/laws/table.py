"""Columns checked at the door, clusters, and the resamples of a bootstrap."""
import numpy as np

ROWS, SIZES = 6, 3  # fewer cannot determine a law of two axes, or one curve with a floor
REDRAWS = 100  # rounds of drawing again before a table is called too thin for a bootstrap


def read(table, n: str, d: str, loss: str, cluster: str | None) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """({n: N, d: D}, losses, cluster numbers) of a table for a law of two axes, checked."""
    N, D, L = (column(table, name) for name in (n, d, loss))
    same_length(**{n: N, d: D, loss: L})
    if len(L) < ROWS:
        raise ValueError(f"table has {len(L)} rows: at least {ROWS} are needed; train more sizes or budgets")
    for name, points in ((n, N), (d, D)):
        if len(np.unique(points)) < SIZES:
            raise ValueError(f"{name} has {len(np.unique(points))} different values: at least {SIZES} are needed; train more of them")
    return {n: N, d: D}, L, clusters(None if cluster is None else values(table, cluster), cluster, len(L))


def column(table, name: str) -> np.ndarray:
    """Column `name` of a DataFrame or a dict as floats (n,). ValueError: missing, not numbers, NaN, not positive."""
    return numbers(values(table, name), name)


def values(table, name: str):
    try:
        return table[name]
    except (KeyError, IndexError, TypeError):
        if not hasattr(table, "keys"):
            raise ValueError(f"table is a {type(table).__name__}: a DataFrame or a dict of columns is needed") from None
        have = ", ".join(str(key) for key in list(table.keys())[:20])
        raise ValueError(f"column {name!r} is missing; the table has {have}: name the right one in fit(...)") from None


def numbers(given, name: str) -> np.ndarray:
    """`given` as positive finite floats (n,); ValueError names the first offending row."""
    try:
        out = np.array(given, dtype=float).reshape(-1)
    except (TypeError, ValueError):
        raise ValueError(f"{name} holds something that is not a number: drop or convert those rows first") from None
    bad = ~(np.isfinite(out) & (out > 0))
    if bad.any():
        row = int(np.argmax(bad))
        raise ValueError(f"{name} = {out[row]:g} in row {row}: values must be finite and > 0; drop or mend the row")
    return out


def same_length(**columns: np.ndarray) -> None:
    if len({len(c) for c in columns.values()}) > 1:
        sizes = ", ".join(f"{name} {len(c)}" for name, c in columns.items())
        raise ValueError(f"columns differ in length ({sizes}): give one value a row in each")


def clusters(labels, name: str | None, n: int) -> np.ndarray:
    """Labels (any hashables, one a row) as integers 0..k-1; each row its own cluster where `labels` is None."""
    if labels is None:
        return np.arange(n)
    labels = list(labels)
    if len(labels) != n:
        raise ValueError(f"{name} has {len(labels)} labels for {n} rows: give one a row")
    if any(label is None or label != label for label in labels):
        raise ValueError(f"{name} has an empty label: give every row its branch, or pass cluster=None to resample rows")
    seen: dict = {}
    return np.array([seen.setdefault(label, len(seen)) for label in labels], dtype=int)


def resamples(cluster: np.ndarray, axes: list[np.ndarray], count: int, rng, need: int) -> tuple[np.ndarray, int]:
    """A pairs bootstrap over clusters: row weights (count, n), and how many resamples were drawn again.

    A resample with fewer than `need` different values on an axis cannot place that axis's curve (its exponent would be
    whatever the search started from), so it is drawn again, and counted.
    """
    k = int(cluster.max()) + 1
    one_hot = [(np.unique(axis)[:, None] == axis).astype(float) for axis in axes]
    weights, todo, redrawn = np.zeros((count, len(cluster))), np.arange(count), 0
    for _ in range(REDRAWS):
        drawn = rng.integers(k, size=(len(todo), k))
        times = np.stack([np.bincount(row, minlength=k) for row in drawn])
        weights[todo] = times[:, cluster]
        thin = np.any([(weights[todo] @ hot.T > 0).sum(axis=1) < need for hot in one_hot], axis=0)
        todo = todo[thin]
        if not len(todo):
            return weights, redrawn
        redrawn += len(todo)
    raise ValueError(f"cluster has {k} values: too few for resamples that hold {need} different values on each axis; "
                     "add runs, or pass bootstrap=0 for a fit without ranges")
