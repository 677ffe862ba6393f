"""A pipeline's timetable: which stage runs which microbatch forward or backward, when. A pure table, no torch.

    gpipe   all forward passes, then all backward passes (Huang et al. 2019, arXiv:1811.06965): m microbatches wait for their backward
    1f1b    as soon as it can, a backward pass for each forward one (Narayanan et al. 2019, PipeDream): at most p wait
"""
from itertools import accumulate

from labgpt.cost.check import need

KINDS = ("gpipe", "1f1b")
Pass = tuple[str, int]  # ("F" or "B", number of the microbatch)


def schedule(kind: str, stages: int, microbatches: int) -> list[list[Pass]]:
    """For each stage, its passes in order. Both kinds run the backward passes in the same order, so the sums are the same bits."""
    need(kind in KINDS, "kind", kind, ", ".join(KINDS))
    need(stages >= 1 and microbatches >= 1, "stages, microbatches", (stages, microbatches), "1 or more, both")
    found = []
    for stage in range(stages):
        ahead = microbatches if kind == "gpipe" else min(stages - 1 - stage, microbatches)  # forward passes before the first backward
        order: list[Pass] = [("F", i) for i in range(ahead)]
        for i in range(microbatches):
            order += [("F", ahead + i)] if ahead + i < microbatches else []
            order.append(("B", i))
        found.append(order)
    return found


def timetable(orders: list[list[Pass]], forward: float = 1.0, backward: float = 2.0) -> list[list[tuple[str, int, float, float]]]:
    """When each pass runs, (pass, microbatch, start, end) a stage: as soon as its stage is free and its input has come.

    F needs the stage before, B the stage after; sending takes no time. Raises ValueError for orders that wait for each other.
    """
    done: dict[tuple[str, int, int], float] = {}
    found: list[list] = [[] for _ in orders]
    last, left = len(orders) - 1, sum(map(len, orders))
    while left:
        before = left
        for stage, order in enumerate(orders):
            while len(found[stage]) < len(order):
                what, i = order[len(found[stage])]
                if what == "F":
                    needs = ("F", stage - 1, i) if stage else None
                else:
                    needs = ("B", stage + 1, i) if stage < last else ("F", stage, i)
                if needs is not None and needs not in done:
                    break
                free = found[stage][-1][3] if found[stage] else 0.0
                start = max(free, done[needs] if needs else 0.0)
                done[what, stage, i] = start + (forward if what == "F" else backward)
                found[stage].append((what, i, start, done[what, stage, i]))
                left -= 1
        need(left < before, "orders", "a circle", "orders in which no two stages wait for each other")
    return found


def idle(table: list[list[tuple[str, int, float, float]]]) -> float:
    """Share of the time, from first start to last end, that the stages wait: what `pipeline_bubble` says by formula."""
    whole = max(end for row in table for *_, end in row) * len(table)
    return 1 - sum(end - start for row in table for *_, start, end in row) / whole


def waiting(order: list[Pass]) -> int:
    """The most microbatches of a stage that have gone forward and not yet backward: their activations are kept."""
    return max(accumulate(1 if what == "F" else -1 for what, _ in order), default=0)
