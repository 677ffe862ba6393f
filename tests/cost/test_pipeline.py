"""Timetables of pipelines: the bubble counted is the bubble of the formula, and 1F1B keeps fewer activations for it."""
import pytest

from labgpt.cost import pipeline, pipeline_bubble

SHAPES = [(1, 3), (2, 2), (2, 8), (4, 2), (4, 8), (8, 64)]


@pytest.mark.parametrize("kind", pipeline.KINDS)
@pytest.mark.parametrize(("stages", "microbatches"), SHAPES)
def test_idle_time_is_the_formula_s_whatever_the_passes_take(kind, stages, microbatches):
    for forward, backward in ((1, 2), (1, 1), (3, 5)):
        table = pipeline.timetable(pipeline.schedule(kind, stages, microbatches), forward, backward)
        assert pipeline.idle(table) == pytest.approx(pipeline_bubble(stages, microbatches))


@pytest.mark.parametrize(("stages", "microbatches"), SHAPES)
def test_what_waits_for_its_backward_pass(stages, microbatches):
    gpipe, other = (pipeline.schedule(kind, stages, microbatches) for kind in pipeline.KINDS)
    assert [pipeline.waiting(order) for order in gpipe] == [microbatches] * stages
    assert [pipeline.waiting(order) for order in other] == [min(stages - s, microbatches) for s in range(stages)]
    for orders in (gpipe, other):
        assert all(sorted(o) == sorted((what, i) for what in "FB" for i in range(microbatches)) for o in orders)
        assert all([i for what, i in o if what == "B"] == list(range(microbatches)) for o in orders)


def test_a_pass_begins_when_its_input_has_come():
    table = pipeline.timetable(pipeline.schedule("1f1b", 2, 2))
    assert table[0] == [("F", 0, 0, 1), ("F", 1, 1, 2), ("B", 0, 4, 6), ("B", 1, 7, 9)]
    assert table[1] == [("F", 0, 1, 2), ("B", 0, 2, 4), ("F", 1, 4, 5), ("B", 1, 5, 7)]


def test_orders_that_wait_for_each_other_are_refused():
    with pytest.raises(ValueError, match="circle"):
        pipeline.timetable([[("F", 0), ("B", 0)], [("B", 0), ("F", 0)]])
    with pytest.raises(ValueError, match="kind = 'dream'.*gpipe, 1f1b"):
        pipeline.schedule("dream", 2, 2)
