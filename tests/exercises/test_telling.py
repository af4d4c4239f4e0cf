"""Inputs that tell mistakes apart: drawn again until no two functions give the same results."""

import numpy as np
import pytest

from autograder.lessons.exercise import Inputs, Mistake, telling


def drawing(*values):
    """A `draw` that gives one input after the other."""
    left = iter(values)
    return lambda: [Inputs("x", (next(left),))]


def wrong(function):
    return {"wrong": Mistake("it is wrong.", function)}


def chosen(right, mistake, *values):
    return telling(drawing(*values), right, wrong(mistake))[0].args[0]


def test_an_input_on_which_a_mistake_is_right_is_drawn_again():
    assert chosen(lambda x: x * x, lambda x: x + x, 0, 2, 3) == 3


def test_two_mistakes_with_one_result_are_drawn_again():
    mistakes = wrong(lambda x: x + 1) | {"other": Mistake("it is wrong as well.", lambda x: 1)}
    assert telling(drawing(0, 5), lambda x: -1, mistakes)[0].args == (5,)


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
        telling(lambda: [Inputs("x", (1,))], right, wrong(mistake))


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
