"""Lesson 3, the recurrent network: parameters counted, stacked weights, one cell, the whole forward pass."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autograder.lessons.exercise import Exercise, Inputs, rnn_parameters
from autograder.lessons.mistakes import lesson_03, lesson_03_parameters
from seqlib import count_parameters, rnn_cell_forward, rnn_forward, stack_weights
from seqlib.exercises.verdict import Part


def _draw_counts(rng: np.random.Generator) -> Iterator[Inputs]:
    def size(low: int, high: int) -> int:
        return int(rng.integers(low, high))

    n_x, n_a, n_y = size(11, 99), size(5, 10), size(2, 5)
    for cell in ("rnn", "gru", "lstm"):
        yield Inputs(f"{cell}, {n_a} units on {n_x} inputs", (cell, n_x, n_a), aspect="cells")
    yield Inputs(f"rnn with an output layer of {n_y}", ("rnn", n_x, n_a, n_y), aspect="output layer")
    yield Inputs(
        f"bidirectional rnn with an output layer of {n_y}",
        ("rnn", n_x, n_a, n_y),
        {"bidirectional": True},
        aspect="output layer",
    )
    yield Inputs("rnn with two biases", ("rnn", n_x, n_a), {"biases": 2}, aspect="biases")
    yield Inputs("lstm with two biases and an output layer", ("lstm", n_x, n_a, n_y), {"biases": 2}, aspect="biases")
    for layers in (2, 3):
        yield Inputs(f"lstm of {layers} layers", ("lstm", n_x, n_a), {"layers": layers}, aspect="layers")
    yield Inputs("bidirectional lstm", ("lstm", n_x, n_a), {"bidirectional": True}, aspect="directions")
    yield Inputs(
        "bidirectional rnn of 2 layers", ("rnn", n_x, n_a), {"layers": 2, "bidirectional": True}, aspect="directions"
    )


COUNT = Exercise(
    name="count_parameters",
    reference=count_parameters,
    draw=_draw_counts,
    visible=1,
    hidden=2,
    mistakes=lesson_03_parameters.COUNT,
    parts=(Part("the count"),),
)


def _draw_weights(rng: np.random.Generator) -> Iterator[Inputs]:
    for label, n_a, n_x in (
        ("n_a = 3, n_x = 5", 3, 5),
        ("one unit, one input", 1, 1),
    ):
        yield Inputs(label, (rng.normal(size=(n_a, n_a)), rng.normal(size=(n_a, n_x))))


STACK = Exercise(
    name="stack_weights",
    reference=stack_weights,
    draw=_draw_weights,
    visible=1,
    hidden=1,
    mistakes=lesson_03_parameters.STACK,
    parts=(Part("W_a", axes=("n_a", "n_a + n_x")),),
)


def _draw_cells(rng: np.random.Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, n_y, m in (
        ("n_x = 3, n_a = 5, n_y = 2, m = 4", 3, 5, 2, 4),
        ("one example (m = 1)", 3, 3, 4, 1),
        ("all sizes equal to 3", 3, 3, 3, 3),
    ):
        # Small pre-activations: where tanh saturates, different answers look alike.
        x_t, a_prev = 0.5 * rng.normal(size=(n_x, m)), 0.5 * rng.normal(size=(n_a, m))
        yield Inputs(label, (x_t, a_prev, rnn_parameters(rng, n_x, n_a, n_y)))


CELL = Exercise(
    name="rnn_cell_forward",
    reference=rnn_cell_forward,
    draw=_draw_cells,
    visible=2,
    hidden=3,
    mistakes=lesson_03.CELL,
    parts=(Part("a_next", 0, 2, ("n_a", "m")), Part("y_hat_t", 1, 1, ("n_y", "m"))),
)


def _draw_sequences(rng: np.random.Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, n_y, m, T_x in (
        ("n_x = 3, n_a = 5, n_y = 2, m = 4, T_x = 6", 3, 5, 2, 4, 6),
        ("one step (T_x = 1)", 4, 4, 2, 2, 1),
        ("one example (m = 1)", 3, 3, 4, 1, 3),
    ):
        x, a0 = 0.5 * rng.normal(size=(n_x, m, T_x)), 0.5 * rng.normal(size=(n_a, m))
        yield Inputs(label, (x, a0, rnn_parameters(rng, n_x, n_a, n_y)))


FORWARD = Exercise(
    name="rnn_forward",
    reference=rnn_forward,
    draw=_draw_sequences,
    visible=2,
    hidden=3,
    follow="rnn_forward",
    mistakes=lesson_03.FORWARD,
    parts=(Part("a", 0, 2, ("n_a", "m", "T_x")), Part("y_hat", 1, 1, ("n_y", "m", "T_x"))),
)

EXERCISES = (COUNT, STACK, CELL, FORWARD)
