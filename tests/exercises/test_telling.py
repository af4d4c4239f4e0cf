"""Inputs that tell mistakes apart: drawn again until no two functions give the same results. Mistakes as edits."""

import numpy as np
import pytest

from autograder.lessons.drawing import Inputs, telling, unsorted
from autograder.lessons.mistake import Mistake


def drawing(*values):
    """A `draw` that gives one input after the other."""
    left = iter(values)
    return lambda: [Inputs("x", (next(left),))]


def chosen(right, mistake, *values):
    return telling(drawing(*values), right, [mistake])[0].args[0]


def test_an_input_on_which_a_mistake_is_right_is_drawn_again():
    assert chosen(lambda x: x * x, lambda x: x + x, 0, 2, 3) == 3


def test_two_mistakes_with_one_result_are_drawn_again():
    assert telling(drawing(0, 5), lambda x: -1, [lambda x: x + 1, lambda x: 1])[0].args == (5,)


@pytest.mark.parametrize(
    "mistake",
    [
        lambda x: x + 1e-9 if x < 9 else -x,  # within the tolerance
        lambda x: np.float32(x) if x < 9 else None,
        lambda x: 1 / (x < 9) * x,  # raises at 9
    ],
)
def test_what_a_check_takes_for_equal_is_equal(mistake):
    assert chosen(lambda x: x, mistake, 1, 2, 9) == 9


@pytest.mark.parametrize(
    ("right", "mistake"),
    [
        (lambda x: [x, 1], lambda x: (x, 1.0)),
        (lambda x: {"a": 1, "b": x}, lambda x: {"b": x, "a": 1}),
        (lambda x: np.array([0.0, x]), lambda x: np.array([-0.0, x + 1e-9])),
        (lambda x: 1 / 0, lambda x: 2 / 0),
    ],
)
def test_where_two_functions_are_always_equal_there_is_no_input(right, mistake):
    with pytest.raises(RuntimeError, match="always gave the same results"):
        telling(lambda: [Inputs("x", (1,))], right, [mistake])


@pytest.mark.parametrize(
    ("right", "mistake"),
    [
        (lambda x: np.array([1]), lambda x: np.array([1.0])),  # whole numbers are asked for
        (lambda x: np.zeros((2, 1)), lambda x: np.zeros((1, 2))),
        (lambda x: {"a": 1}, lambda x: {"b": 1}),
        (lambda x: x[5], lambda x: x["a"]),
    ],
)
def test_forms_and_exceptions_tell_functions_apart(right, mistake):
    assert chosen(right, mistake, [1]) == [1]


def doubled(x):
    y = 2 * x
    return y


def test_a_mistake_is_the_right_answer_edited():
    assert Mistake("", ("2 * x", "3 * x")).function(doubled)(5) == 15
    assert Mistake("", ("2 * x", "x"), ("return y", "return -y")).function(doubled)(5) == -5
    assert Mistake("", abs).function(doubled)(-5) == 5
    assert doubled(5) == 10


@pytest.mark.parametrize("edit", [("x", "z"), ("z", "x")])
def test_an_edit_that_does_not_fit_once_is_refused(edit):
    with pytest.raises(ValueError, match="an edit needs it once"):
        Mistake("", edit).function(doubled)


def test_a_wrong_function_is_made_once():
    assert Mistake("", ("2", "3")).function(doubled) is Mistake("", ("2", "3")).function(doubled)


def test_unusual_inputs_tell_only_mistakes_that_are_right_in_all_others():
    def draw():
        return [Inputs("x", (next(left),)), Inputs("unusual", (0.5,), unusual=True)]

    left = iter([1, 2])
    # both are wrong at 1 and at 2, the same at 1: that they differ at 0.5 does not tell them apart
    assert telling(draw, lambda x: 0, [lambda x: x, lambda x: x * x])[0].args == (2,)
    left = iter([1])
    assert telling(draw, lambda x: x, [lambda x: x * x])[0].args == (1,)


def test_inputs_that_do_not_suit_are_drawn_again_and_asked_only_about_the_mistakes_that_they_show():
    asked = []

    def suits(inputs, showing):
        asked.append((inputs.args[0], showing))
        return inputs.args != (2,)

    functions = [lambda x: x, lambda x: x * x, lambda x: -x]
    assert telling(drawing(1, 2, 3), functions[0], functions[1:], suits)[0].args == (3,)
    assert asked == [(2, [0, 1]), (3, [0, 1])]  # at 1 the square does not show: not yet a question of what suits
    left = iter([[1, 2]])
    asked.clear()
    telling(
        lambda: [Inputs("x", (x,)) for x in next(left)], functions[0], functions[1:], lambda *one: suits(*one) or True
    )
    assert asked == [(1, [1]), (2, [0, 1])]


@pytest.mark.parametrize("lengths", [[2, 5, 9], [1, 3, 4, 6]])
def test_lengths_that_were_sorted_must_be_sorted_back_the_right_way(lengths):
    for seed in range(20):
        mixed = unsorted(lengths, np.random.default_rng(seed))
        longest_first = np.argsort(-np.array(mixed))
        back = np.argsort(longest_first)
        values = np.array(mixed)
        assert sorted(mixed) == lengths != mixed
        assert values[longest_first][back].tolist() == mixed
        assert mixed not in (values[longest_first].tolist(), values[longest_first][longest_first].tolist())
