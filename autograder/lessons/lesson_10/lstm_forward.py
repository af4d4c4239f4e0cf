"""`lstm_forward`: the cell over whole sequences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, lstm_parameters
from autograder.lessons.lesson_10.lstm_cell_forward import lstm_cell_forward
from seqlib import softmax  # noqa: F401 (an edit calls it)


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, n_y, m, T_x in (
        ("n_x = 2, n_a = 4, n_y = 3, m = 5, T_x = 6", 2, 4, 3, 5, 6),
        ("one step (T_x = 1), c0 given", 3, 2, 4, 3, 1),
        ("one example (m = 1), c0 given", 4, 3, 2, 1, 5),
        ("one unit, one input, one class, peepholes", 1, 1, 1, 2, 3),
    ):
        x, a0 = 0.7 * rng.normal(size=(n_x, m, T_x)), rng.uniform(-0.8, 0.8, size=(n_a, m))
        x[:, :, 2:3] = 0  # an input of zeros is one like any other
        kwargs = {"c0": 1.2 * rng.normal(size=(n_a, m))} if "c0" in label else {}
        if kwargs and m == 1:
            kwargs["c0"][1, 0] = 0  # and so is a memory of 0
        params = lstm_parameters(rng, n_x, n_a, n_y, peepholes="peepholes" in label)
        yield Inputs(label, (x, a0, params), kwargs, aspect="c0" if kwargs else "no c0", unusual=n_a == 1)


def lstm_forward(x: np.ndarray, a0: np.ndarray, params: dict[str, np.ndarray], *, c0: np.ndarray | None = None) -> Any:
    n_x, m, T_x = x.shape
    n_y, n_a = params["Wy"].shape
    a, c = np.zeros((n_a, m, T_x)), np.zeros((n_a, m, T_x))
    y_hat = np.zeros((n_y, m, T_x))
    a_prev = a0
    c_prev = np.zeros((n_a, m)) if c0 is None else c0
    for t in range(T_x):
        a_next, c_next, y_hat_t, _ = lstm_cell_forward(x[:, :, t], a_prev, c_prev, params)
        a[:, :, t], c[:, :, t], y_hat[:, :, t] = a_next, c_next, y_hat_t
        a_prev, c_prev = a_next, c_next
    return a, y_hat, c, None


SIZES, KEPT = "n_x, m, T_x = x.shape", "a[:, :, t], c[:, :, t], y_hat[:, :, t] = a_next, c_next, y_hat_t"
CARRIED, RESULT, C0 = (
    "a_prev, c_prev = a_next, c_next",
    "return a, y_hat, c",
    "np.zeros((n_a, m)) if c0 is None else c0",
)
CALL = "lstm_cell_forward(x[:, :, t], a_prev, c_prev, params)"

# fmt: off
MISTAKES = {
    "c_not_carried": Mistake("the memory cell is not carried on: c_next must become the c_prev of the next step.", (CARRIED, "a_prev = a_next")),
    "a_not_carried": Mistake("the state is not carried on: a_next must become the a_prev of the next step.", (CARRIED, "c_prev = c_next")),
    "neither_carried": Mistake("every step starts from a0 and c0: a_next and c_next must become a_prev and c_prev of the next step.", (CARRIED, "pass")),
    "swapped_on_the_way": Mistake("a and c change places from step to step: a_next goes into a_prev, c_next into c_prev.", (CARRIED, "a_prev, c_prev = c_next, a_next")),
    "a_for_both": Mistake("a_next is carried on as the memory cell, too: the next c_prev is c_next.", (CARRIED, "a_prev, c_prev = a_next, a_next")),
    "c_for_both": Mistake("c_next is carried on as the state, too: the next a_prev is a_next.", (CARRIED, "a_prev, c_prev = c_next, c_next")),
    "c0_ignored": Mistake("`c0` is ignored: where it is given, the memory cell starts from it.", (C0, "np.zeros((n_a, m))")),
    "c_starts_from_a0": Mistake("without c0 the memory cell starts from a0: it starts from zeros.", (C0, "a0 if c0 is None else c0")),
    "c_always_from_a0": Mistake("the memory cell starts from a0: it starts from c0, or from zeros where none is given.", (C0, "a0")),
    "ones": Mistake("without c0 the memory cell starts from ones: it starts from zeros.", (C0, "np.ones((n_a, m)) if c0 is None else c0")),
    "c0_needed": Mistake("c0 is used although it may be None: then the memory cell starts from zeros.", (C0, "c0")),
    "c0_with_a_zero": Mistake("a c0 with a 0 in it is taken for none: ask `c0 is None`, not for its numbers.", (C0, "np.zeros((n_a, m)) if c0 is None or not c0.all() else c0")),
    "a0_forgotten": Mistake("a<0> is not used: the first step starts from zeros instead of the a0 that was given.", ("a_prev = a0", "a_prev = np.zeros_like(a0)")),
    "a_and_c_swapped": Mistake("a and c have changed places in what is returned: a, y_hat, c, caches.", (RESULT, "return c, y_hat, a")),
    "order_of_the_cell": Mistake("the results are in the order of the cell's, a, c, y_hat: the sequence returns a, y_hat, c, caches.", (RESULT, "return a, c, y_hat")),
    "states_before": Mistake("a and c hold what was there before each step: store a_next and c_next.", (KEPT, "a[:, :, t], c[:, :, t], y_hat[:, :, t] = a_prev, c_prev, y_hat_t")),
    "c_before": Mistake("c holds the memory cell before each step: store c_next.", (KEPT, "a[:, :, t], c[:, :, t], y_hat[:, :, t] = a_next, c_prev, y_hat_t")),
    "first_included": Mistake("a<0> and c<0> are included: a and c hold the T_x steps <1> to <T_x> only.",
        (RESULT, "return np.dstack([a0, a]), y_hat, np.dstack([np.zeros((n_a, m)) if c0 is None else c0, c])")),
    "backward_in_time": Mistake("the loop runs from the last step to the first: time runs from t = 0 to T_x - 1.", ("range(T_x)", "reversed(range(T_x))")),
    "time_first": Mistake("time is the first axis of the results; here it is the last: (n_a, m, T_x).",
        (RESULT, "return np.moveaxis(a, 2, 0), np.moveaxis(y_hat, 2, 0), np.moveaxis(c, 2, 0)")),
    "reshaped": Mistake("time was the first axis and the results were given another shape: reshape fills in the numbers anew; np.stack(..., axis=2) or np.moveaxis moves an axis.",
        (RESULT, "return np.moveaxis(a, 2, 0).reshape(a.shape), np.moveaxis(y_hat, 2, 0).reshape(y_hat.shape), np.moveaxis(c, 2, 0).reshape(c.shape)")),
    "last_step_only": Mistake("only the last step is returned; a, y_hat and c hold all T_x steps.", (RESULT, "return a[:, :, -1], y_hat[:, :, -1], c[:, :, -1]")),
    "last_c_only": Mistake("c is that of the last step only; it holds all T_x steps.", (RESULT, "return a, y_hat, c[:, :, -1]")),
    "last_output_only": Mistake("y_hat is that of the last step only; it holds the outputs of all T_x steps.", (RESULT, "return a, y_hat[:, :, -1], c")),
    "output_before_step": Mistake("y_hat[:, :, t] is computed from the state before step t: the output of a step sees its new state, and lstm_cell_forward returns it.",
        (KEPT, 'a[:, :, t], c[:, :, t], y_hat[:, :, t] = a_next, c_next, softmax(params["Wy"] @ a_prev + params["by"])')),
    "first_step_only": Mistake("only the first step is filled in: is the return inside the loop?", (CARRIED, "break")),
    "same_array": Mistake("a and c hold the last step everywhere: one and the same array, changed in place, is kept T_x times; keep a copy.",
        (RESULT, "return np.repeat(a[:, :, -1:], T_x, axis=2), y_hat, np.repeat(c[:, :, -1:], T_x, axis=2)")),
    "one_array_holds_c": Mistake("a holds the memory cells: a and c are one and the same array, into which both are written; make two.", (RESULT, "return c, y_hat, c")),
    "one_array_holds_a": Mistake("c holds the states: a and c are one and the same array, into which both are written; make two.", (RESULT, "return a, y_hat, a")),
    "float32": Mistake("the results hold float32, seven digits of each number: all arrays are float64, as np.zeros makes them by itself.",
        (RESULT, "a, y_hat, c = (np.float64(value.astype(np.float32)) for value in (a, y_hat, c))\n    return a, y_hat, c")),
    "inputs_late": Mistake("step t takes x[:, :, t - 1] (and the first step the last input): its input is x[:, :, t].", ("x[:, :, t]", "x[:, :, t - 1]")),
    "first_input": Mistake("every step reads the same input, the first: that of step t is x[:, :, t].", ("x[:, :, t]", "x[:, :, 0]")),
    "second_axis": Mistake("x[:, t, :] is example t at all steps: time is the last axis, so step t is x[:, :, t].", ("x[:, :, t]", "x[:, t, :]")),
    "sizes_swapped": Mistake("m and T_x have changed places: x.shape is (n_x, m, T_x).", (SIZES, "n_x, T_x, m = x.shape")),
    "arguments_swapped": Mistake("a_prev and c_prev have changed places in the call: lstm_cell_forward(x_t, a_prev, c_prev, params).", (CALL, "lstm_cell_forward(x[:, :, t], c_prev, a_prev, params)")),
    "cells_order": Mistake("the results of the cell are unpacked in another order: it returns a_next, c_next, y_hat_t, cache.",
        ("a_next, c_next, y_hat_t, _ = ", "c_next, a_next, y_hat_t, _ = ")),
    "zero_inputs_skipped": Mistake("a step whose inputs are all 0 is left out, as if it were padding: there is no padding here, and an input of zeros is one like any other.",
        ("range(T_x):\n", "range(T_x):\n        if not x[:, :, t].any():\n            a[:, :, t], c[:, :, t] = a_prev, c_prev\n            continue\n")),
    "peepholes_dropped": Mistake("the peepholes are not handed on: the cell gets all of params, with pf, pu, po where they are there.", (CALL, CALL.replace("params", "{name: params[name] for name in params if name[0] != 'p'}"))),
    "squeezed": Mistake("np.squeeze and reshape(-1) take away axes of length 1 as well, such as that of a single unit: keep (n_a, m, T_x).", (RESULT, "return a.squeeze(axis=0) if n_a == 1 else a, y_hat, c")),
    "last_left_out": Mistake("the last step is missing: the loop runs over range(T_x), not range(T_x - 1).", ("range(T_x)", "range(T_x - 1)")),
    "first_left_out": Mistake("the first step is missing: in code the first step is t = 0, not t = 1.", ("range(T_x)", "range(1, T_x)")),
}
# fmt: on

EXERCISE = Exercise(
    right=lstm_forward,
    draw=draw,
    visible=1,
    hidden=3,
    follow=("lstm_cell_forward",),
    rtol=1e-8,
    mistakes=MISTAKES,
    parts=(
        Part("a", 0, 2, ("n_a", "m", "T_x")),
        Part("y_hat", 1, 1, ("n_y", "m", "T_x")),
        Part("c", 2, 2, ("n_a", "m", "T_x")),
    ),
)
