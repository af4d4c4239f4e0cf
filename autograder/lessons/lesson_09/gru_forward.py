"""`gru_forward`: the cell over whole sequences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, gru_parameters
from autograder.lessons.lesson_09.gru_cell_forward import gru_cell_forward
from seqlib import softmax  # noqa: F401 (an edit calls it)


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, n_y, m, T_x, kwargs in (
        ("reset not given, n_x = 3, n_a = 5, n_y = 2, m = 4, T_x = 6", 3, 5, 2, 4, 6, {}),
        ("reset=None, one example (m = 1)", 2, 3, 4, 1, 5, {"reset": None}),
        ('reset="after", n_x = 4, n_a = 2, n_y = 5, m = T_x = 3', 4, 2, 5, 3, 3, {"reset": "after"}),
        ("one step (T_x = 1)", 3, 4, 2, 2, 1, {"reset": "before"}),
        ("one unit, one input, one class", 1, 1, 1, 2, 3, {}),
    ):
        x, c0 = 0.7 * rng.normal(size=(n_x, m, T_x)), rng.uniform(-1, 1, size=(n_a, m))
        x[:, :, 1:2] = 0  # an input of zeros is one like any other
        reset = kwargs.get("reset", "before")
        params = gru_parameters(rng, n_x, n_a, n_y, reset)
        aspect = "reset given" if reset != "before" else "the course's cell"
        by_place = (reset,) if reset == "after" else ()
        yield Inputs(label, (x, c0, params, *by_place), {} if by_place else kwargs, aspect=aspect, unusual=n_a == 1)


def gru_forward(x: np.ndarray, c0: np.ndarray, params: dict[str, np.ndarray], reset: Any = "before") -> Any:
    n_x, m, T_x = x.shape
    c = np.zeros((*c0.shape, T_x))
    y_hat = np.zeros((len(params["by"]), m, T_x))
    c_prev = c0
    for t in range(T_x):
        c_next, y_hat_t, _ = gru_cell_forward(x[:, :, t], c_prev, params, reset)
        c[:, :, t], y_hat[:, :, t] = c_next, y_hat_t
        c_prev = c_next
    return c, y_hat, None


SIZES, KEPT, CALL = (
    "n_x, m, T_x = x.shape",
    "c[:, :, t], y_hat[:, :, t] = c_next, y_hat_t",
    "gru_cell_forward(x[:, :, t], c_prev, params, reset)",
)
RESULT = "return c, y_hat"

# fmt: off
MISTAKES = {
    "reset_not_passed": Mistake("`reset` is not handed on to the cell, which then always computes the variant \"before\".", (CALL, "gru_cell_forward(x[:, :, t], c_prev, params)")),
    "none_is_default": Mistake("reset=None becomes \"before\": None is a variant, the simplified cell, and not a missing value, so `reset or ...` loses it.", (CALL, 'gru_cell_forward(x[:, :, t], c_prev, params, reset or "before")')),
    "simplified_by_default": Mistake("without `reset` the simplified cell is run: the default is reset=\"before\".", ('reset: Any = "before"', "reset: Any = None")),
    "c0_forgotten": Mistake("c<0> is not used: the first step starts from zeros instead of the c0 that was given.", ("c_prev = c0", "c_prev = np.zeros_like(c0)")),
    "state_not_carried": Mistake("every step starts from c0: c_next must become the c_prev of the next step.", ("c_prev = c_next", "c_prev = c0")),
    "candidate_carried": Mistake("the next step is given c_tilde, not c_next: what is carried over is the new memory.",
        ("y_hat_t, _ = gru", "y_hat_t, cache = gru"), ("c_prev = c_next", "c_prev = cache[4]")),
    "candidate_kept": Mistake("c holds the candidates: store c_next.", ("y_hat_t, _ = gru", "y_hat_t, cache = gru"), (KEPT, KEPT.replace("c_next", "cache[4]"))),
    "backward_in_time": Mistake("the loop runs from the last step to the first: time runs from t = 0 to T_x - 1.", ("range(T_x)", "reversed(range(T_x))")),
    "state_before_step": Mistake("c[:, :, t] holds the memory before step t: store c_next, not c_prev.", ("= c_next, y_hat_t", "= c_prev, y_hat_t")),
    "output_before_step": Mistake("y_hat[:, :, t] is computed from the memory before step t: the output of a step sees its new memory, and gru_cell_forward returns it.",
        (KEPT, 'c[:, :, t], y_hat[:, :, t] = c_next, softmax(params["Wy"] @ c_prev + params["by"])')),
    "c0_included": Mistake("c<0> is included in c: c holds the T_x memories c<1> .. c<T_x> only.", (RESULT, "return np.dstack([c0, c]), y_hat")),
    "time_first": Mistake("time is the first axis of the results; here it is the last: (n_a, m, T_x).", (RESULT, "return np.moveaxis(c, 2, 0), np.moveaxis(y_hat, 2, 0)")),
    "time_second": Mistake("time is the second axis of the results; here it is the last: (n_a, m, T_x).", (RESULT, "return np.swapaxes(c, 1, 2), np.swapaxes(y_hat, 1, 2)")),
    "reshaped": Mistake("time was the first axis and the results were given another shape: reshape fills in the numbers anew; np.stack(..., axis=2) or np.moveaxis moves an axis.",
        (RESULT, "return np.moveaxis(c, 2, 0).reshape(c.shape), np.moveaxis(y_hat, 2, 0).reshape(y_hat.shape)")),
    "last_step_only": Mistake("only the last step is returned; c and y_hat hold all T_x steps.", (RESULT, "return c[:, :, -1], y_hat[:, :, -1]")),
    "last_output_only": Mistake("y_hat is that of the last step only; it holds the outputs of all T_x steps.", (RESULT, "return c, y_hat[:, :, -1]")),
    "first_step_only": Mistake("only the first step is filled in: is the return inside the loop?", ("c_prev = c_next", "break")),
    "first_step_returned": Mistake("only the first step is returned: is the return inside the loop?", ("c_prev = c_next", "return c_next[:, :, None], y_hat_t[:, :, None], None")),
    "same_array": Mistake("c holds the last memory at every step: one and the same array, changed in place, is kept T_x times; keep a copy.",
        (RESULT, "return np.repeat(c[:, :, -1:], T_x, axis=2), y_hat")),
    "side_by_side": Mistake("the steps stand side by side, among the examples: time needs an axis of its own, the last (np.stack with axis=2).",
        (RESULT, "return np.concatenate(np.moveaxis(c, 2, 0), axis=1), np.concatenate(np.moveaxis(y_hat, 2, 0), axis=1)")),
    "sizes_swapped": Mistake("m and T_x have changed places: x.shape is (n_x, m, T_x).",
        (SIZES, "n_x, T_x, m = x.shape"), ("*c0.shape", "len(c0), m")),
    "inputs_late": Mistake("step t takes x[:, :, t - 1] (and the first step the last input): its input is x[:, :, t].", ("x[:, :, t],", "x[:, :, t - 1],")),
    "first_input": Mistake("every step reads the same input, the first: that of step t is x[:, :, t].", ("x[:, :, t],", "x[:, :, 0],")),
    "results_swapped": Mistake("an output (n_y, m) is put where a memory (n_a, m) belongs: gru_cell_forward returns c_next first, then y_hat_t.", (KEPT, "c[:, :, t] = y_hat_t")),
    "second_axis": Mistake("x[:, t, :] is example t at all steps: time is the last axis, so step t is x[:, :, t].", ("x[:, :, t],", "x[:, t, :],")),
    "over_features": Mistake("the loop runs over the features (axis 0): time is the last axis of x.", (SIZES, f"x = np.moveaxis(x, 0, 2)\n    {SIZES}")),
    "last_left_out": Mistake("the last step is missing: the loop runs over range(T_x), not range(T_x - 1).", ("range(T_x)", "range(T_x - 1)")),
    "first_left_out": Mistake("the first step is missing: in code the first step is t = 0, not t = 1.", ("range(T_x)", "range(1, T_x)")),
    "zero_inputs_skipped": Mistake("a step whose inputs are all 0 is left out, as if it were padding: there is no padding here, and an input of zeros is one like any other.",
        ("range(T_x):\n", "range(T_x):\n        if not x[:, :, t].any():\n            c[:, :, t] = c_prev\n            continue\n")),
    "squeezed": Mistake("np.squeeze and reshape(-1) take away axes of length 1 as well, such as that of a single unit: keep (n_a, m, T_x).", (RESULT, "return c.squeeze(axis=0) if len(c) == 1 else c, y_hat")),
    "without_caches": Mistake("two values are returned: c, y_hat and caches are expected (None will do for the last one).", (f"{RESULT}, None", RESULT)),
}
# fmt: on

EXERCISE = Exercise(
    right=gru_forward,
    draw=draw,
    visible=2,
    hidden=2,
    follow=("gru_cell_forward",),
    rtol=1e-8,
    mistakes=MISTAKES,
    parts=(Part("c", 0, 2, ("n_a", "m", "T_x")), Part("y_hat", 1, 1, ("n_y", "m", "T_x"))),
)
