"""`one_to_many_forward`: one input, and then every output is the next input."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, rnn_parameters
from seqlib import rnn_cell_forward

Written = tuple[np.ndarray, np.ndarray]


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, m, T_y in (
        ("n_x = n_y = 4, n_a = 5, m = 3, T_y = 6", 4, 5, 3, 6),
        ("one sequence, one step and one unit (m = T_y = n_a = 1)", 5, 1, 1, 1),
    ):
        # the first input need not be one-hot: it may be the features of a picture
        x1, a0 = rng.normal(size=(n_x, m)), np.tanh(rng.normal(size=(n_a, m)))
        yield Inputs(label, (x1, a0, rnn_parameters(rng, n_x, n_a, n_x), T_y))
    x1, a0 = rng.normal(size=(4, 2)), np.tanh(rng.normal(size=(3, 2)))
    label = "scores near 1000; two outputs are equally probable, and one of a lower index hardly less"
    yield Inputs(label, (x1, a0, close(rnn_parameters(rng, 4, 3, 4), rng), 4), unusual=True)


def close(params: dict[str, np.ndarray], rng: Generator) -> dict[str, np.ndarray]:
    """Parameters by which three outputs are ahead at every step: the last two of them equal, the first behind by 1e-11."""
    ahead = np.sort(rng.choice(len(params["by"]), 3, replace=False))
    Wya, by = params["Wya"].copy(), params["by"] + 1000
    Wya[ahead], by[ahead, 0] = 0.0, np.array([1005 - 1e-11, 1005, 1005])
    return params | {"Wya": Wya, "by": by}


def one_to_many_forward(x1: np.ndarray, a0: np.ndarray, params: dict[str, np.ndarray], T_y: int) -> Written:
    n_y, m = len(params["by"]), x1.shape[1]
    y = np.zeros((m, T_y), dtype=int)
    y_hat = np.zeros((n_y, m, T_y))
    x_t, a_t = x1, a0
    for t in range(T_y):
        a_t, y_hat_t, _ = rnn_cell_forward(x_t, a_t, params)
        y_t = y_hat_t.argmax(axis=0)
        y[:, t], y_hat[:, :, t] = y_t, y_hat_t
        x_t = np.eye(n_y)[:, y_t]
    return y, y_hat


NEXT, CELL, CHOICE, RESULT = (
    "x_t = np.eye(n_y)[:, y_t]",
    "a_t, y_hat_t, _ = rnn_cell_forward(x_t, a_t, params)",
    "y_hat_t.argmax(axis=0)",
    "return y, y_hat",
)
STORED = "y[:, t], y_hat[:, :, t] = y_t, y_hat_t"

# fmt: off
MISTAKES = {
    "probabilities_fed": Mistake("y_hat itself is fed back: the next input is the one-hot column of the most probable output, one 1 and zeros.", (NEXT, "x_t = y_hat_t")),
    "first_input_again": Mistake("every step reads x1: from the second step on the input is the output of the step before.", (NEXT, "pass")),
    "zeros_fed": Mistake("from the second step on the input is zeros: it is the output of the step before, one-hot.", (NEXT, "x_t = np.zeros_like(x1)")),
    "state_not_carried": Mistake("every step starts from a0: a_next must become the a_prev of the next step.", ("rnn_cell_forward(x_t, a_t, params)", "rnn_cell_forward(x_t, a0, params)")),
    "state_zero": Mistake("the first step starts from zeros instead of the a0 that was given.", ("x_t, a_t = x1, a0", "x_t, a_t = x1, 0 * a0")),
    "input_zero": Mistake("the first step reads zeros instead of the x1 that was given.", ("x_t, a_t = x1, a0", "x_t, a_t = 0 * x1, a0")),
    "input_one_hot": Mistake("x1 is made one-hot before it is read: the first input goes in as it is.", ("x_t, a_t = x1, a0", "x_t, a_t = np.eye(n_y)[:, x1.argmax(axis=0)], a0")),
    "least_probable": Mistake("the least probable output is taken: argmax, not argmin.", (CHOICE, "y_hat_t.argmin(axis=0)")),
    "over_examples": Mistake("argmax runs over the examples: each column of y_hat_t is an example, so the largest of a column is at argmax(axis=0).",
        (CHOICE, "y_hat_t.argmax(axis=1)")),  # raises, unless m = n_y
    "one_for_all": Mistake("one output is taken for the whole batch: argmax without an axis looks at all examples at once; use axis=0.",
        (CHOICE, "np.full(m, y_hat_t.max(axis=1).argmax())")),
    "flat_argmax": Mistake("argmax without an axis counts through all elements of y_hat_t: use axis=0, so that each example has its own.", (CHOICE, "y_hat_t.argmax()")),
    "rows_one_hot": Mistake("np.eye(n_y)[y_t] has the examples as rows, (m, n_y): an input is a column, so np.eye(n_y)[:, y_t].",
        (NEXT, "x_t = np.eye(n_y)[y_t]")),  # raises, unless m = n_y
    "index_fed": Mistake("the index itself is fed back as a number: the next input is its one-hot column.", (NEXT, "x_t = np.tile(y_t.astype(float), (n_y, 1))")),
    "ones_above_half": Mistake("where no probability is above one half, the next input is all zeros: take the most probable output, however small.", (NEXT, "x_t = (y_hat_t > 0.5).astype(float)")),
    "ones_at_ties": Mistake("where two outputs are equally probable, the next input has two ones: a one-hot column has one, at y<t>.", (NEXT, "x_t = (y_hat_t == y_hat_t.max(axis=0)).astype(float)")),
    "last_of_equals": Mistake("of equally probable outputs the last one is taken: take the first, as argmax does.", (CHOICE, "len(y_hat_t) - 1 - y_hat_t[::-1].argmax(axis=0)")),
    "rounded_before": Mistake("the probabilities are rounded before the largest is looked for (or compared with a tolerance): of two that are nearly equal the larger one is the most probable.",
        (CHOICE, "y_hat_t.round(6).argmax(axis=0)")),
    "overflow": Mistake("exp of a large score is infinite: subtract the largest score of each column first; rnn_cell_forward, which returns y_hat_t, does so.",
        (CELL, f'{CELL}\n        z = params["Wya"] @ a_t + params["by"]\n        y_hat_t = np.exp(z) / np.exp(z).sum(axis=0)')),
    "ones_pile_up": Mistake("the one-hot array of the step before is used again with its ones still in it: begin each step's with zeros.", (NEXT, "x_t = np.maximum(x_t if t else 0, np.eye(n_y)[:, y_t])")),
    "output_late": Mistake("step t reads the output of two steps before: the output of a step is the input of the very next one.",
        (NEXT, "x_t = np.eye(n_y)[:, y[:, t - 1]] if t else x1")),
    "state_late": Mistake("y_hat is that of the state before the step: it comes from a_next.",
        (CELL, 'b_t, (a_t, y_hat_t, _) = a_t, rnn_cell_forward(x_t, a_t, params)\n        z = params["Wya"] @ b_t + params["by"]\n        y_hat_t = np.exp(z) / np.exp(z).sum(axis=0)')),
    "softmax_twice": Mistake("softmax is applied to y_hat_t once more: the cell returns probabilities already.",
        (STORED, "y[:, t], y_hat[:, :, t] = y_t, np.exp(y_hat_t) / np.exp(y_hat_t).sum(axis=0)")),
    "starts_with_input": Mistake("x1 stands in the first place of the results, as if it were an output: y<1> and y_hat<1> come from the first step, which reads x1.",
        (CELL, "a_t, y_hat_t, _ = rnn_cell_forward(x_t, a_t, params) if t else (a0, x1, None)")),
    "input_written": Mistake("y begins with the input: it holds the outputs, y<1> to y<T_y>.", (RESULT, "return np.column_stack([x1.argmax(axis=0), y])[:, :T_y], y_hat")),
    "one_step_more": Mistake("there is one step too many: T_y steps are written, the first of them from x1.", ("range(T_y)", "range(T_y + 1)"), ("(m, T_y)", "(m, T_y + 1)"), ("(n_y, m, T_y)", "(n_y, m, T_y + 1)")),
    "last_missing": Mistake("the last step is missing: the loop runs over range(T_y), not range(T_y - 1).", ("range(T_y)", "range(T_y - 1)")),
    "last_only": Mistake("only the last step is returned: y and y_hat hold all T_y steps.", (RESULT, "return y[:, -1], y_hat[:, :, -1]")),
    "last_output_only": Mistake("y_hat is that of the last step only; it holds all T_y steps, (n_y, m, T_y).", (RESULT, "return y, y_hat_t")),
    "time_first": Mistake("time is the first axis of the results; here it is the last: (m, T_y) and (n_y, m, T_y).", (RESULT, "return y.T, np.moveaxis(y_hat, 2, 0)")),
    "y_transposed": Mistake("y has time first, (T_y, m): it is (m, T_y), one row for each example.", (RESULT, "return y.T, y_hat")),
    "y_one_hot": Mistake("y holds one-hot columns: asked for are indices, (m, T_y).", (RESULT, "return np.moveaxis(np.eye(n_y)[y], 2, 0), y_hat")),
    "floats": Mistake("y holds floats: indices are whole numbers, np.zeros((m, T_y), dtype=int).", ("dtype=int", "dtype=float")),
    "results_swapped": Mistake("y_hat stands before y: return y, y_hat.", (RESULT, "return y_hat, y")),
    "states_written": Mistake("y_hat holds the states: the cell returns a_next first, then y_hat_t.",
        ("y_hat = np.zeros((n_y, m, T_y))", "y_hat = np.zeros((*a0.shape, T_y))"), (STORED, "y[:, t], y_hat[:, :, t] = y_t, a_t")),
    "squeezed": Mistake("with one sequence, or one step, an axis is lost: squeeze() drops every axis of length 1; y is (m, T_y) and y_hat (n_y, m, T_y) always.",
        (RESULT, "return y.squeeze(), y_hat.squeeze()")),
    "same_array": Mistake("y_hat holds the last step at every step: one and the same array is kept T_y times; keep a copy.",
        (RESULT, "return y, np.repeat(y_hat[:, :, -1:], T_y, axis=2)")),
}
# fmt: on

EXERCISE = Exercise(
    right=one_to_many_forward,
    draw=draw,
    visible=2,
    hidden=3,
    again=True,
    mistakes=MISTAKES,
    parts=(Part("y", 0, 1, ("m", "T_y")), Part("y_hat", 1, 1, ("n_y", "m", "T_y"))),
)
