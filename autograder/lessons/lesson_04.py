"""Lesson 4, the way back: output layer, one cell, all steps, and the check of a gradient by differences."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from autograder.lessons.exercise import Exercise, Inputs, rnn_parameters
from autograder.lessons.mistakes import lesson_04, lesson_04_check, lesson_04_steps
from seqlib import output_backward, rnn_backward, rnn_cell_backward, rnn_cell_forward, rnn_forward
from seqlib.exercises.verdict import Part
from seqlib.gradients import gradient_check

Params = dict[str, np.ndarray]


def _draw_outputs(rng: np.random.Generator) -> Iterator[Inputs]:
    for label, n_a, n_y, m, T_x in (
        ("n_a = 5, n_y = 2, m = 3, T_x = 4", 5, 2, 3, 4),
        ("all sizes equal to 3", 3, 3, 3, 3),
    ):
        params = {name: value for name, value in rnn_parameters(rng, 2, n_a, n_y).items() if name in ("Wya", "by")}
        a = np.tanh(rng.normal(size=(n_a, m, T_x)))
        yield Inputs(label, (rng.normal(size=(n_y, m, T_x)), a, params))


OUTPUT = Exercise(
    name="output_backward",
    reference=output_backward,
    draw=_draw_outputs,
    visible=1,
    hidden=2,
    mistakes=lesson_04.OUTPUT,
    parts=(
        Part("da", "da", 1, ("n_a", "m", "T_x")),
        Part("dWya", "dWya", 1, ("n_y", "n_a")),
        Part("dby", "dby", 1, ("n_y", "1")),
    ),
)


def _draw_cells(rng: np.random.Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, m in (
        ("n_x = 3, n_a = 4, m = 2", 3, 4, 2),
        ("one example (m = 1), n_x = n_a = 3", 3, 3, 1),
    ):
        params = rnn_parameters(rng, n_x, n_a, 2)
        x_t, a_prev = 0.5 * rng.normal(size=(n_x, m)), np.tanh(rng.normal(size=(n_a, m)))
        yield Inputs(label, (rng.normal(size=(n_a, m)), rnn_cell_forward(x_t, a_prev, params)[2]))


CELL = Exercise(
    name="rnn_cell_backward",
    reference=rnn_cell_backward,
    draw=_draw_cells,
    visible=2,
    hidden=3,
    mistakes=lesson_04.CELL,
    parts=(
        Part("dx_t", "dx_t", 1, ("n_x", "m")),
        Part("da_prev", "da_prev", 1, ("n_a", "m")),
        Part("dWax", "dWax", 1, ("n_a", "n_x")),
        Part("dWaa", "dWaa", 1, ("n_a", "n_a")),
        Part("dba", "dba", 1, ("n_a", "1")),
    ),
)


def _draw_sequences(rng: np.random.Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, m, T_x, steps in (
        ("n_x = 3, n_a = 5, m = 2, T_x = 4", 3, 5, 2, 4, None),
        ("one example of one step (m = 1, T_x = 1)", 2, 3, 1, 1, None),
        ("n_x = 2, n_a = 3, m = 6, T_x = 6, steps = 4", 2, 3, 6, 6, 4),  # the last block is shorter
    ):
        x, a0 = 0.5 * rng.normal(size=(n_x, m, T_x)), 0.5 * rng.normal(size=(n_a, m))
        caches = rnn_forward(x, a0, rnn_parameters(rng, n_x, n_a, 2))[2]
        yield Inputs(
            label, (rng.normal(size=(n_a, m, T_x)), caches), {} if steps is None else {"steps": steps}, aspect=label
        )


BACKWARD = Exercise(
    name="rnn_backward",
    reference=rnn_backward,
    draw=_draw_sequences,
    visible=2,
    hidden=4,
    follow="rnn_backward",
    mistakes=lesson_04_steps.BACKWARD,
    parts=(
        Part("dx", "dx", 1, ("n_x", "m", "T_x")),
        Part("da0", "da0", 1, ("n_a", "m")),
        Part("dWax", "dWax", 1, ("n_a", "n_x")),
        Part("dWaa", "dWaa", 1, ("n_a", "n_a")),
        Part("dba", "dba", 1, ("n_a", "1")),
    ),
)


PROBE = """
def probe(function, arrays, gradients, **options):
    def loss(arrays):
        return float((arrays["W"] ** 3).sum() + (arrays["W"].sum() ** 2 * arrays["b"] ** 3).sum())

    rows = function(loss, arrays, gradients, **options)
    return [tuple(row) if isinstance(row, (tuple, list)) else row for row in rows] if isinstance(rows, (tuple, list)) else rows
"""


def _draw_gradients(rng: np.random.Generator) -> Iterator[Inputs]:
    # Cubic in every element: a central difference is never exact, so that no verdict hangs on the last bit.
    def arrays() -> tuple[Params, Params]:
        W, b = rng.uniform(0.5, 1.5, size=(2, 3)), rng.uniform(0.5, 1.5, size=(2, 1))
        return {"W": W, "b": b}, {"dW": 3 * W**2 + 2 * W.sum() * (b**3).sum(), "db": 3 * W.sum() ** 2 * b**2}

    values, right = arrays()
    yield Inputs("right gradients, db before dW", (values, {"db": right["db"], "dW": right["dW"]}), aspect="right")
    values, right = arrays()
    values["x"] = rng.normal(size=(2, 2))
    yield Inputs("an array without a gradient", (values, right), {"step": 0.02}, aspect="right")
    values, right = arrays()
    right["dW"][1, 2] *= 1.5
    yield Inputs("one element of dW wrong", (values, right), aspect="wrong")
    values, right = arrays()
    right["db"] = 0.9 * right["db"]
    yield Inputs("db too small", (values, right), {"tolerance": 0.2, "step": 0.05}, aspect="wrong")
    values, right = arrays()
    right = {name: 0.9 * value for name, value in right.items()}
    values["u"], right["du"] = rng.normal(size=(2, 1)), np.zeros((2, 1))
    yield Inputs("a loss that does not depend on u", (values, right), {"step": 0.01, "tolerance": 0.0}, aspect="zero")


CHECK = Exercise(
    name="gradient_check",
    reference=functools.partial(gradient_check, verbose=False),
    draw=_draw_gradients,
    visible=2,
    hidden=3,
    probe=PROBE,
    rtol=1e-6,
    atol=1e-7,
    mistakes=lesson_04_check.CHECK,
    parts=(Part("the rows"),),
)

EXERCISES = (OUTPUT, CELL, BACKWARD, CHECK)
