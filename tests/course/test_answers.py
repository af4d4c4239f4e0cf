"""What students write, right and wrong, against the checks: accepted, rejected, and told what the mistake is.

The answers are data: tests/right_answers and tests/wrong_answers, one file for each lesson. They are judged in this process, as in a
notebook; through nbgrader and through the grading engine they go in test_scores.py.
"""

import dataclasses
import functools
from collections import Counter

import pytest

from autograder.lessons import find, find_check, lessons
from seqlib.exercises.calls import LocalRunner, perform
from seqlib.exercises.codec import decode, encode
from seqlib.exercises.verdict import Verdict, judge
from tests.answers import LESSONS, Answer, right_answers, setup, wrong_answers

EXERCISES = [exercise for name in LESSONS for exercise in lessons()[name]]
RIGHT = [answer for name in LESSONS for answer in right_answers(name)]
WRONG = [answer for name in LESSONS for answer in wrong_answers(name)]
SEEDS = (None, 1, 2)  # None: the visible check


@functools.cache
def checked(name: str, seed: int | None, hidden: bool = True):
    return find_check(name, hidden and seed is not None, seed)


def namespace(answer: Answer) -> dict:
    """What the student's notebook holds: the set-up, the lesson's other functions solved, and the answer."""
    scope = dict(setup(answer.lesson))
    for other in right_answers(answer.lesson)[::-1]:
        exec(other.code, scope)
    exec(answer.code, scope)
    return scope


@functools.cache
def verdict(answer: Answer, seed: int | None) -> Verdict:
    return judge(*checked(answer.function, seed), LocalRunner(namespace(answer)))


def named(answer: Answer, text: str) -> bool:
    return any(words.lower() in text.lower() for words in answer.names)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("answer", RIGHT, ids=str)
def test_a_right_answer_in_any_style_earns_full_points(answer, seed):
    result = verdict(answer, seed)
    assert result.passed, result.message


def reject(answer: Answer, seeds, hidden: bool = True) -> None:
    """Every draw rejects the answer and tells its mistake, and no other."""
    runner = LocalRunner(namespace(answer))
    for seed in seeds:
        result = judge(*checked(answer.function, seed, hidden), runner)
        assert result.points < result.max_points, f"accepted with seed {seed}: {answer.mistake}"
        messages = checked(answer.function, seed)[0].messages
        for name in result.diagnoses:
            assert named(answer, messages[name]), f"seed {seed}: {answer.mistake} Told: {messages[name]}"
        said = result.message.partition("\n")[2]  # the first line counts cases and names none of the mistakes
        assert named(answer, said) or not answer.names, f"seed {seed}: {answer.mistake}\n{result.message}"


@pytest.mark.parametrize("answer", WRONG, ids=str)
def test_a_wrong_answer_is_rejected_on_every_draw_and_told_its_mistake_and_no_other(answer):
    reject(answer, (None, *range(1, 6)))


@pytest.mark.soak
@pytest.mark.parametrize("hidden", [True, False])
@pytest.mark.parametrize("answer", WRONG, ids=str)
def test_a_wrong_answer_is_rejected_on_two_hundred_draws(answer, hidden):
    reject(answer, range(11, 211), hidden)


@pytest.mark.soak
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_a_known_mistake_is_rejected_and_named_on_two_hundred_draws(exercise):
    scope = namespace(next(answer for answer in RIGHT if answer.function == exercise.name))
    for name, wrong in exercise.wrong.items():
        runner = LocalRunner({**scope, exercise.name: wrong})
        for seed in range(1, 201):
            result = judge(*checked(exercise.name, seed), runner)
            assert result.diagnoses == (name,) and not result.passed, f"seed {seed}: {name}\n{result.message}"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_there_are_enough_answers_and_their_mistakes_are_named(exercise):
    wrong = [answer for answer in WRONG if answer.function == exercise.name]
    blind = [answer for answer in wrong if answer.blind]
    assert len(wrong) >= 10
    assert len(blind) >= len(wrong) / 3
    assert sum(bool(answer.names) for answer in wrong) >= 0.85 * len(wrong)
    assert sum(bool(answer.names) for answer in blind) >= 0.6 * len(blind)
    assert sum(answer.function == exercise.name for answer in RIGHT) >= 4


def test_no_answer_is_there_twice_and_each_is_to_a_graded_function():
    assert max(Counter((answer.function, answer.code) for answer in RIGHT + WRONG).values()) == 1
    assert {answer.function for answer in RIGHT + WRONG} == {exercise.name for exercise in EXERCISES}


class Remembered:
    """A runner that asks the student's function once for each request, so that a check can be judged again without a case."""

    def __init__(self, scope: dict) -> None:
        self._scope, self._replies, self._verdicts = scope, {}, {}

    def judged(self, check, cases) -> Verdict:
        """The verdict on a whole check, found once for all that is then left out of it."""
        key = tuple(map(id, cases))
        if key not in self._verdicts:
            self._verdicts[key] = judge(check, cases, self)
        return self._verdicts[key]

    def request(self, data: bytes) -> bytes:
        if data not in self._replies:
            self._replies[data] = perform(self._scope, data)
        return self._replies[data]


class Forgiving:
    """A runner after whose calls the arguments are as they were before, whatever the student's function did to them."""

    def __init__(self, scope: dict) -> None:
        self._scope = scope

    def request(self, data: bytes) -> bytes:
        reply, untouched = decode(perform(self._scope, data)), decode(perform({"f": _nothing}, _asked(data)))
        return encode({**reply, "arguments": untouched["arguments"]}, opaque=True)


def _nothing(*args, **kwargs) -> None:
    return None


def _asked(data: bytes) -> bytes:
    return encode({**decode(data), "name": "f", "kind": "call"})


@functools.cache
def mutants(name: str, seed: int | None) -> list[Remembered]:
    """All wrong answers to one function: those of the files, and the known mistakes. New for each check, as a student's process is."""
    scope = namespace(next(answer for answer in RIGHT if answer.function == name))
    written = [Remembered(namespace(answer)) for answer in WRONG if answer.function == name]
    return written + [Remembered({**scope, name: wrong}) for wrong in find(name).wrong.values()]


def needed(runners, check, cases, fewer_parts, fewer_cases) -> bool:
    """Whether one of the wrong answers passes, or is told something else, when a check has less than it has."""
    for runner in runners:
        after = judge(dataclasses.replace(check, parts=fewer_parts), fewer_cases, runner)
        if after.passed:
            return True
        before = runner.judged(check, cases)
        if len(before.diagnoses) == 1 and after.diagnoses != before.diagnoses:
            return True
    return False


def without(cases, group):
    return tuple(case for case in cases if not any(case is one for one in group))


@pytest.mark.parametrize("seed", (None, pytest.param(1, marks=pytest.mark.soak)))
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_everything_that_is_checked_is_needed_by_some_wrong_answer(exercise, seed):
    """Without a part of the result, without the cases of one aspect (without one case, where all have the same), a mistake is missed.

    So it is without any of the unusual cases, while the others must be needed even where these are not there.
    """
    check, cases = checked(exercise.name, seed)
    runners = mutants(exercise.name, seed)
    usual = tuple(case for case in cases if not case.unusual)
    aspects = {case.aspect for case in usual}
    groups = (
        [[case for case in usual if case.aspect == aspect] for aspect in aspects]
        if len(aspects) > 1
        else [[case] for case in usual]
    )
    useless = [
        group[0].label for group in groups if not needed(runners, check, usual, check.parts, without(usual, group))
    ]
    useless += [
        case.label
        for case in cases
        if case.unusual and not needed(runners, check, cases, check.parts, without(cases, [case]))
    ]
    for part in check.parts if len(check.parts) > 1 else ():
        if not needed(runners, check, cases, tuple(p for p in check.parts if p != part), cases):
            useless.append(part.name)
    assert useless == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_that_arguments_stay_as_they_were_is_needed_by_some_wrong_answer(lesson):
    changing = [answer for answer in wrong_answers(lesson) if any("is changed" in words for words in answer.names)]
    assert any(judge(*checked(answer.function, None), Forgiving(namespace(answer))).passed for answer in changing)
