"""`rnn_forward`: the cell over whole sequences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import seqlib
from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, rnn_parameters
from autograder.lessons.lesson_03.rnn_cell_forward import rnn_cell_forward
from seqlib import softmax  # noqa: F401 (an edit calls it)


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, n_y, m, T_x in (
        ("n_x = 3, n_a = 5, n_y = 2, m = 4, T_x = 6", 3, 5, 2, 4, 6),
        ("one step (T_x = 1)", 4, 4, 2, 2, 1),
        ("one example (m = 1)", 3, 3, 4, 1, 3),
    ):
        x, a0 = 0.5 * rng.normal(size=(n_x, m, T_x)), 0.5 * rng.normal(size=(n_a, m))
        yield Inputs(label, (x, a0, rnn_parameters(rng, n_x, n_a, n_y)), aspect="numbers of all kinds")
    x, a0 = (
        np.eye(3, dtype=int)[:, [rng.permutation(3), rng.permutation(3)]],
        rng.permutation([-1, 0, 1, 2]).reshape(2, 2),
    )
    given = (x, a0, rnn_parameters(rng, 3, 2, 2))
    yield Inputs("a one-hot input and a first state of whole numbers", given, aspect="whole numbers", unusual=True)


def rnn_forward(x: np.ndarray, a0: np.ndarray, params: dict[str, np.ndarray]) -> Any:
    n_x, m, T_x = x.shape
    a = np.zeros((*a0.shape, T_x))
    y_hat = np.zeros((len(params["by"]), m, T_x))
    a_prev = a0
    for t in range(T_x):
        a_next, y_hat_t, _ = rnn_cell_forward(x[:, :, t], a_prev, params)
        a[:, :, t], y_hat[:, :, t] = a_next, y_hat_t
        a_prev = a_next
    return a, y_hat, None


SIZES, KEPT = "n_x, m, T_x = x.shape", "a[:, :, t], y_hat[:, :, t] = a_next, y_hat_t"
RESULT = "return a, y_hat"
A, Y_HAT = "np.zeros((*a0.shape, T_x))", 'np.zeros((len(params["by"]), m, T_x))'
TYPE = "of x or a0: where that holds whole numbers or truth values, the fractions are cut off; np.zeros(...) without dtype is float64."

# fmt: off
MISTAKES = {
    "a0_forgotten": Mistake("a<0> is not used: the first step starts from zeros instead of the a0 that was given.",
        ("a_prev = a0", "a_prev = np.zeros_like(a0)")),
    "state_not_carried": Mistake("every step starts from a0: a_next must become the a_prev of the next step.", ("a_prev = a_next", "a_prev = a0")),
    "types": Mistake(f"a and y_hat take the type {TYPE}", (A, f"{A}.astype(x.dtype)"), (Y_HAT, f"{Y_HAT}.astype(x.dtype)")),
    "type_of_a": Mistake(f"a takes the type {TYPE}", (A, f"{A}.astype(x.dtype)")),
    "type_of_y_hat": Mistake(f"y_hat takes the type {TYPE}", (Y_HAT, f"{Y_HAT}.astype(x.dtype)")),
    "backward_in_time": Mistake("the loop runs from the last step to the first: time runs from t = 0 to T_x - 1.", ("range(T_x)", "reversed(range(T_x))")),
    "state_before_step": Mistake("a[:, :, t] holds the state before step t: store a_next, not a_prev.", ("= a_next, y_hat_t", "= a_prev, y_hat_t")),
    "output_before_step": Mistake("y_hat[:, :, t] is computed from the state before step t: the output of a step sees its new state, and rnn_cell_forward returns it.",
        (KEPT, 'a[:, :, t], y_hat[:, :, t] = a_next, softmax(params["Wya"] @ a_prev + params["by"])')),
    "a0_included": Mistake("a<0> is included in a: a holds the T_x states a<1> .. a<T_x> only.", (RESULT, "return np.dstack([a0, a]), y_hat")),
    "time_first": Mistake("time is the first axis of the results; here it is the last: (n_a, m, T_x).",
        (RESULT, "return np.moveaxis(a, 2, 0), np.moveaxis(y_hat, 2, 0)")),
    "reshaped": Mistake("time was the first axis and the results were given another shape: reshape fills in the numbers anew; np.stack(..., axis=2) or np.moveaxis moves an axis.",
        (RESULT, "return np.moveaxis(a, 2, 0).reshape(a.shape), np.moveaxis(y_hat, 2, 0).reshape(y_hat.shape)")),
    "last_step_only": Mistake("only the last step is returned; a and y_hat hold all T_x steps.", (RESULT, "return a[:, :, -1], y_hat[:, :, -1]")),
    "last_output_only": Mistake("y_hat is that of the last step only; it holds the outputs of all T_x steps.", (RESULT, "return a, y_hat[:, :, -1]")),
    "first_step_only": Mistake("only the first step is filled in: is the return inside the loop?", ("a_prev = a_next", "break")),
    "same_array": Mistake("a holds the last state at every step: one and the same array, changed in place, is kept T_x times; keep a copy.",
        (RESULT, "return np.repeat(a[:, :, -1:], T_x, axis=2), y_hat")),
    "side_by_side": Mistake("the steps stand side by side, among the examples: time needs an axis of its own, the last (np.stack with axis=2).",
        (RESULT, "return np.concatenate(np.moveaxis(a, 2, 0), axis=1), np.concatenate(np.moveaxis(y_hat, 2, 0), axis=1)")),
    "sizes_swapped": Mistake("m and T_x have changed places: x.shape is (n_x, m, T_x).",
        (SIZES, "n_x, T_x, m = x.shape"), ("*a0.shape", "len(a0), m"), (KEPT, "y_hat[:, :, t], a[:, :, t] = y_hat_t, a_next")),
    "inputs_late": Mistake("step t takes x[:, :, t - 1] (and the first step the last input): its input is x[:, :, t].", ("x[:, :, t]", "x[:, :, t - 1]")),
    "first_input": Mistake("every step reads the same input, the first: that of step t is x[:, :, t].", ("x[:, :, t]", "x[:, :, 0]")),
    "results_swapped": Mistake("an output (n_y, m) is put where a state (n_a, m) belongs: rnn_cell_forward returns a_next first, then y_hat_t.",
        (KEPT, "a[:, :, t] = y_hat_t")),  # raises, unless n_y = n_a
    "second_axis": Mistake("x[:, t, :] is example t at all steps: time is the last axis, so step t is x[:, :, t].",
        ("x[:, :, t]", "x[:, t, :]")),  # raises, unless m = T_x
    "over_examples": Mistake("the loop runs over the examples (axis 1): time is the last axis of x.", (SIZES, f"x = np.swapaxes(x, 1, 2)\n    {SIZES}")),
    "over_features": Mistake("the loop runs over the features (axis 0): time is the last axis of x.", (SIZES, f"x = np.moveaxis(x, 0, 2)\n    {SIZES}")),
    "last_left_out": Mistake("the last step is missing: the loop runs over range(T_x), not range(T_x - 1).", ("range(T_x)", "range(T_x - 1)")),
    "first_left_out": Mistake("the first step is missing: in code the first step is t = 0, not t = 1.", ("range(T_x)", "range(1, T_x)")),
}
# fmt: on


def _of_floats(x: np.ndarray, a0: np.ndarray, params: dict[str, np.ndarray]) -> Any:
    """The library's function, which takes floats only."""
    return seqlib.rnn_forward(x.astype(float), a0.astype(float), params)


EXERCISE = Exercise(
    right=rnn_forward,
    reference=_of_floats,
    draw=draw,
    visible=2,
    hidden=3,
    follow=("rnn_cell_forward",),
    mistakes=MISTAKES,
    parts=(Part("a", 0, 2, ("n_a", "m", "T_x")), Part("y_hat", 1, 1, ("n_y", "m", "T_x"))),
)
