"""Alpha, beta and what a call takes, found again in timings that were made from them; and what is held out is not looked at."""

import random

import pytest

from labgpt.cost.collectives import OPS, Link, fit, judged, sent

TRUE = {op: Link(2e-4, 5e-5, (i + 1) * 1e-9) for i, op in enumerate(OPS)}


def timings(noise: float = 0.03, world_sizes=(2, 3, 4), spoilt: float = 1.0) -> list[dict]:
    draw, rows = random.Random(0), []
    for op in OPS:
        for w, n in ((w, 4 * 4**k) for w in world_sizes for k in range(13)):
            slow = spoilt if (w, n) == (world_sizes[1], 1024) else 1.0
            seconds = TRUE[op].seconds(op, n, w) * draw.lognormvariate(0, noise) * slow
            rows.append({"op": op, "world_size": w, "n_bytes": n, "seconds": seconds})
    return rows


def test_the_numbers_come_back():
    for op, link in fit(timings(0.0)).items():
        assert vars(link) == pytest.approx(vars(TRUE[op]), rel=1e-3)


def test_one_spoilt_timing_moves_them_little():
    for op, link in fit(timings(spoilt=20.0)).items():
        assert link.beta == pytest.approx(TRUE[op].beta, rel=0.1) and link.alpha == pytest.approx(5e-5, rel=0.3)


def test_none_is_below_nothing():
    """Timings that fall with size: a straight line would have a negative slope."""
    rows = [{"op": "broadcast", "world_size": 2, "n_bytes": 4**k, "seconds": 1e-3 / (k + 1)} for k in range(8)]
    link = fit(rows)["broadcast"]
    assert link.alpha > 0 and link.beta >= 0 and link.overhead == 0  # of one world size, a call is not told from its messages


def test_the_largest_world_size_is_held_out():
    rows = timings()
    doubled = [r | {"seconds": r["seconds"] * (2 if r["world_size"] == 4 else 1)} for r in rows]
    found, other = judged(rows), judged(doubled)
    assert found["links"] == other["links"]
    assert all(h["world_size"] == 4 and h["largest_error"] < 0.12 for h in found["held_out"].values())
    assert all(0.4 < h["median_error"] < 0.6 for h in other["held_out"].values())
    assert sum(r["fit"] for r in found["rows"]) == 2 * 13 * len(OPS) and {"predicted", "error"} <= set(found["rows"][0])


def test_what_a_collective_sends():
    assert sent("all_reduce", 100, 4) == (6, 150) and sent("all_gather", 100, 4) == sent("reduce_scatter", 100, 4) == (3, 75)
    assert sent("broadcast", 100, 5) == (3, 300) and sent("all_reduce", 100, 1) == (0, 0)


@pytest.mark.parametrize(("rows", "said"), [
    (timings(world_sizes=(2, 3)), "world_sizes = {2, 3}: allowed is three or more"), (timings(world_sizes=(2, 3, 4))[:27], "rows"),
    ([r | {"op": "gossip"} for r in timings()], "op = 'gossip'"),
])  # fmt: skip
def test_a_slip_is_one_line(rows, said):
    if said == "rows":
        rows = [r for r in rows if r["n_bytes"] <= 4]
        said = "rows of all_reduce = 2: allowed is 4 or more"
    with pytest.raises(ValueError, match=said):
        judged(rows)
