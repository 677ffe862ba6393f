"""What a class's secret draws: fresh numbers and hidden inputs in every exercise, and still the same verdicts.

Answers run in this process, without a kernel: they are the exercises' own.
"""
import contextlib
import io
import json

import pytest

from labgpt.course import exercises, sealed
from labgpt.course.grade import hidden, shared_names
from labgpt.course.kernel import plain
from labgpt.course.runner import value_of

NAMES = exercises.names()
ONE, OTHER = b"a class of summer", b"class of the south"


class Answered:
    """An exercise's answers, run; what its hidden checks ask for is kept in `asked`: (name, arguments, value)."""

    def __init__(self, exercise: exercises.Exercise, answers: dict[str, str]):
        self.exercise, self.names, self.asked, self.broken = exercise, {"__name__": "drawn"}, [], {}
        with contextlib.redirect_stdout(io.StringIO()):
            for cell in exercise.cells:
                source = answers.get(cell.question, cell.source) if cell.role == "answer" else cell.source
                if cell.role in ("text", "hidden") or cell.rubric or cell.question in self.broken:
                    continue
                try:
                    exec(compile(source, f"{exercise.name}/{cell.id}", "exec"), self.names)
                except AssertionError as error:  # the visible check says no: the hidden one is not asked
                    self.broken[cell.question] = 0, str(error)

    def _ask(self, name: str, *args: object) -> object:
        try:
            value = plain(name, value_of(self.names, name, json.loads(json.dumps(args))))
        except Exception as error:  # as the runner tells it
            raise AssertionError(f"{name}{args} raised {error}") from None
        self.asked.append((name, args, value))
        return value

    def verdict(self, question: str) -> tuple[float, str]:
        self.asked.clear()
        return self.broken.get(question) or hidden(self.exercise, question, self._ask, shared_names(self.exercise))


@pytest.fixture(autouse=True)
def no_training(monkeypatch):
    """A sealed model's loss, read off between its neighbours instead of measured: here only what is drawn matters."""
    import numpy as np

    at, losses = np.log([14_336, 26_112, 53_248]), [2.0148, 1.9783, 1.9643]
    monkeypatch.setattr(sealed, "measure", lambda d, tokens: float(np.interp(np.log(24 * d**2 + 512 * d), at, losses)) - 0.003)


@pytest.mark.parametrize("name", NAMES)
def test_two_secrets_ask_for_different_things(name):
    """Every question but those of one letter: other inputs of a function, another number, or a name that draws another model."""
    one, other = (exercises.read(name, secret) for secret in (ONE, OTHER))
    first, second = Answered(one, {}), Answered(other, {})
    for question in one.points:
        for answered in (first, second):
            points, reason = answered.verdict(question)
            assert points == one.points[question], (question, reason)
        if _a_bet(one, question):
            assert first.names["KEY"] != second.names["KEY"]
        elif not _a_letter(first.asked):
            assert first.asked != second.asked, question


@pytest.mark.parametrize("name", NAMES)
def test_public_numbers_do_not_answer_a_class(name):
    """The values of the public solution, typed in: each question of numbers loses points.

    A few numbers are drawn from some ten, so one class in so many meets the public ones; these two do not. A sealed range is
    left out: it is a bet, and neighbouring widths have nearly the same loss.
    """
    public = Answered(exercises.read(name), {})
    for question in public.exercise.points:
        public.verdict(question)
        if _a_bet(public.exercise, question) or any(args for _, args, _ in public.asked) or _a_letter(public.asked):
            continue
        solution = public.exercise.cell(question, "answer").source + "\n"
        typed = solution + "\n".join(f"{asked} = {value!r}" for asked, _, value in public.asked)
        for secret in (ONE, OTHER):
            points, reason = Answered(exercises.read(name, secret), {question: typed}).verdict(question)
            assert points < public.exercise.points[question], (question, typed, reason)


@pytest.mark.parametrize("name", NAMES)
def test_wrong_variants_lose_their_points_in_a_class_too(name):
    for secret in (ONE, OTHER):
        exercise = exercises.read(name, secret)
        for wrong in exercises.wrong(name):
            answered = Answered(exercise, wrong.answers)
            for question, loses in wrong.loses.items():
                points, reason = answered.verdict(question)
                assert (points, wrong.says in reason) == (exercise.points[question] - loses, True), (secret, wrong.name, points, reason)


def _a_letter(asked: list) -> bool:
    """A question of interpretation alone: its one letter is the same in every class."""
    return [type(value) for _, _, value in asked] == [str] and len(asked[0][2]) == 1


def _a_bet(exercise: exercises.Exercise, question: str) -> bool:
    return "sealed.measure" in exercise.cell(question, "hidden").source
