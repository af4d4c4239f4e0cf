"""Known mistakes of lesson 3: `rnn_cell_forward` and `rnn_forward`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.lessons.exercise import Mistake
from seqlib import softmax

Params = dict[str, np.ndarray]
Result = tuple[np.ndarray, np.ndarray, None]


# ---------------------------------------------------------------------------------------------------------------
# rnn_cell_forward


def _cell(
    *,
    product: Callable[[Params, np.ndarray, np.ndarray], np.ndarray] = lambda p, x, a: p["Waa"] @ a + p["Wax"] @ x,
    ba: Callable[[np.ndarray], Any] = lambda b: b,
    by: Callable[[np.ndarray], Any] = lambda b: b,
    g1: Callable[[np.ndarray], np.ndarray] = np.tanh,
    g2: Callable[[np.ndarray], np.ndarray] = lambda z: softmax(z),
    seen: str = "a_next",
) -> Callable[..., Any]:
    """A wrong `rnn_cell_forward`: the right one with one of its ingredients replaced."""

    def cell(x_t: np.ndarray, a_prev: np.ndarray, params: Params) -> Result:
        z = product(params, x_t, a_prev) + ba(params["ba"])
        a_next = g1(z)
        y_hat_t = g2(params["Wya"] @ {"a_next": a_next, "a_prev": a_prev, "z": z}[seen] + by(params["by"]))
        return a_next, y_hat_t, None

    return cell


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-z)))


def _softmax_over(axis: int | None) -> Callable[[np.ndarray], np.ndarray]:
    return lambda z: np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True)


def _then(a_next: Callable[[Params, np.ndarray, np.ndarray], np.ndarray]) -> Callable[..., Any]:
    """A wrong `rnn_cell_forward`: another formula for the state, and the right output of that state."""
    return _cell(product=lambda p, x, a: a_next(p, x, a) - p["ba"], g1=lambda z: z)


def _reordered(x_t: np.ndarray, a_prev: np.ndarray, params: Params) -> Result:
    a_next, y_hat_t, _ = _cell()(x_t, a_prev, params)
    return y_hat_t, a_next, None


CELL = {
    "waa_transposed": Mistake(
        "W_aa is transposed: with column vectors the product is W_aa @ a_prev.",
        _cell(product=lambda p, x, a: p["Waa"].T @ a + p["Wax"] @ x),
    ),
    "wax_transposed": Mistake(
        "W_ax is transposed: it is (n_a, n_x) and stands to the left of x_t.",
        _cell(product=lambda p, x, a: p["Waa"] @ a + p["Wax"].T @ x),
    ),
    "row_vectors": Mistake(
        "the products are in the row-vector order (x @ W); the columns of x_t and a_prev are the examples here: W @ x.",
        _cell(product=lambda p, x, a: a @ p["Waa"] + x @ p["Wax"]),
    ),
    "weights_swapped": Mistake(
        "W_aa and W_ax are swapped: W_ax multiplies x and W_aa multiplies a.",
        _cell(product=lambda p, x, a: p["Wax"] @ a + p["Waa"] @ x),
    ),
    "element_wise": Mistake(
        "`*` multiplies element by element; a matrix product is `@` or np.dot.",
        _cell(product=lambda p, x, a: p["Waa"] * a + p["Wax"] * x),
    ),
    "no_state": Mistake(
        "the previous state is not used: W_aa a<t-1> is missing.", _cell(product=lambda p, x, a: p["Wax"] @ x)
    ),
    "no_input": Mistake("the input is not used: W_ax x<t> is missing.", _cell(product=lambda p, x, a: p["Waa"] @ a)),
    "minus": Mistake(
        "a term is subtracted: the two products are added.", _cell(product=lambda p, x, a: p["Waa"] @ a - p["Wax"] @ x)
    ),
    "no_ba": Mistake("the bias b_a is missing.", _cell(ba=lambda b: 0)),
    "no_by": Mistake("the bias b_y is missing.", _cell(by=lambda b: 0)),
    "no_biases": Mistake("the biases b_a and b_y are missing.", _cell(ba=lambda b: 0, by=lambda b: 0)),
    "ba_row": Mistake(
        "b_a is flattened or turned into a row: it is a column (n_a, 1) and is added to every example's column.",
        _cell(ba=lambda b: b.ravel()),
    ),
    "by_row": Mistake(
        "b_y is flattened or turned into a row: it is a column (n_y, 1) and is added to every example's column.",
        _cell(by=lambda b: b.ravel()),
    ),
    "sigmoid_state": Mistake("the state uses a sigmoid; g1 is tanh.", _cell(g1=_sigmoid)),
    "relu_state": Mistake("the state uses ReLU; in this exercise g1 is tanh.", _cell(g1=lambda z: np.maximum(z, 0))),
    "bias_outside": Mistake(
        "b_a is added outside of tanh, which acts on the whole sum: tanh(W_aa a<t-1> + W_ax x<t> + b_a).",
        _then(a_next=lambda p, x, a: np.tanh(p["Waa"] @ a + p["Wax"] @ x) + p["ba"]),
    ),
    "tanh_of_each": Mistake(
        "tanh of each term is taken before they are added: the terms are added first, then tanh once.",
        _then(a_next=lambda p, x, a: np.tanh(p["Waa"] @ a) + np.tanh(p["Wax"] @ x) + np.tanh(p["ba"])),
    ),
    "a_prev_added": Mistake(
        "a_prev is added to the new state as it is: it enters only through W_aa, inside tanh.",
        _then(a_next=lambda p, x, a: a + np.tanh(p["Waa"] @ a + p["Wax"] @ x + p["ba"])),
    ),
    "linear_state": Mistake("the state has no activation: tanh is missing.", _cell(g1=lambda z: z)),
    "logits": Mistake("y_hat_t holds the logits: the softmax is missing.", _cell(g2=lambda z: z)),
    "softmax_over_examples": Mistake(
        "the softmax runs over the examples (axis=1): it runs over the classes, axis=0, so that each column sums to 1.",
        _cell(g2=_softmax_over(1)),
    ),
    "softmax_over_all": Mistake(
        "the softmax divides by the sum of everything: each example's column must sum to 1 (axis=0, keepdims=True).",
        _cell(g2=_softmax_over(None)),
    ),
    "no_exp": Mistake(
        "the scores are divided by their sum without exp: softmax is exp(z) / sum of exp(z).",
        _cell(g2=lambda z: z / z.sum(axis=0)),
    ),
    "sigmoid_output": Mistake("the output uses a sigmoid; here g2 is softmax.", _cell(g2=_sigmoid)),
    "tanh_output": Mistake(
        "the output has tanh as well; here g2 is softmax alone.", _cell(g2=lambda z: softmax(np.tanh(z)))
    ),
    "output_of_a_prev": Mistake(
        "y_hat_t is computed from a_prev: the output sees the new state a_next.", _cell(seen="a_prev")
    ),
    "output_of_z": Mistake(
        "y_hat_t is computed from z, before tanh: the output sees the state a_next.", _cell(seen="z")
    ),
    "order_of_results": Mistake("the results are in another order: return a_next, y_hat_t, cache.", _reordered),
}


# ---------------------------------------------------------------------------------------------------------------
# rnn_forward


def _loop(
    x: np.ndarray,
    a0: np.ndarray,
    params: Params,
    *,
    start: str = "a0",
    carry: bool = True,
    order: str = "forward",
    kept: str = "after",
) -> Result:
    """A wrong `rnn_forward`: the right one with one of its ingredients replaced."""
    T_x = x.shape[2]
    hidden = np.zeros((*a0.shape, T_x))
    outputs = np.zeros((params["by"].shape[0], x.shape[1], T_x))
    a = np.zeros_like(a0) if start == "zeros" else a0
    for t in range(T_x) if order == "forward" else range(T_x - 1, -1, -1):
        a_next, y_hat_t, _ = _cell()(x[:, :, t], a, params)
        hidden[:, :, t], outputs[:, :, t] = (a_next if kept == "after" else a), y_hat_t
        a = a_next if carry else a0
    return hidden, outputs, None


def _variant(**changes: Any) -> Callable[..., Result]:
    return lambda x, a0, params: _loop(x, a0, params, **changes)


def _fed(change: Callable[[np.ndarray], np.ndarray]) -> Callable[..., Result]:
    """A wrong `rnn_forward`: the right loop over changed inputs."""
    return lambda x, a0, params: _loop(change(x), a0, params)


def _each(change: Callable[[np.ndarray], np.ndarray]) -> Callable[..., Result]:
    """A wrong `rnn_forward`: the right a and y_hat, both changed afterwards."""

    def wrong(x: np.ndarray, a0: np.ndarray, params: Params) -> Result:
        a, y_hat, _ = _loop(x, a0, params)
        return change(a), change(y_hat), None

    return wrong


def _result(change: Callable[..., tuple[np.ndarray, np.ndarray]]) -> Callable[..., Result]:
    """A wrong `rnn_forward`: results made of the right ones and a0."""
    return lambda x, a0, params: (*change(*_loop(x, a0, params)[:2], a0), None)


def _first_left_out(x: np.ndarray, a0: np.ndarray, params: Params) -> Result:
    hidden, outputs, _ = _loop(x[:, :, 1:], a0, params)
    return np.pad(hidden, ((0, 0), (0, 0), (1, 0))), np.pad(outputs, ((0, 0), (0, 0), (1, 0))), None


def _sizes_swapped(x: np.ndarray, a0: np.ndarray, params: Params) -> Result:
    _, T_x, m = x.shape
    hidden, outputs = np.zeros((len(a0), m, T_x)), np.zeros((len(params["by"]), m, T_x))
    a = a0
    for t in range(T_x):
        a, outputs[:, :, t], _ = _cell()(x[:, :, t], a, params)
        hidden[:, :, t] = a
    return hidden, outputs, None


def _second_axis(x: np.ndarray, a0: np.ndarray, params: Params) -> Result:
    _, m, T_x = x.shape
    hidden, outputs, a = np.zeros((len(a0), m, T_x)), np.zeros((len(params["by"]), m, T_x)), a0
    for t in range(T_x):
        a, y_hat_t, _ = _cell()(x[:, t, :], a, params)  # raises, unless m = T_x
        hidden[:, :, t], outputs[:, :, t] = a, y_hat_t
    return hidden, outputs, None


def _results_swapped(x: np.ndarray, a0: np.ndarray, params: Params) -> Result:
    hidden, outputs, _ = _loop(x, a0, params)
    hidden[:, :, 0] = outputs[:, :, 0]  # raises, unless n_y = n_a
    return hidden, outputs, None


FORWARD = {
    "a0_forgotten": Mistake(
        "a<0> is not used: the first step starts from zeros instead of the a0 that was given.", _variant(start="zeros")
    ),
    "state_not_carried": Mistake(
        "every step starts from a0: a_next must become the a_prev of the next step.", _variant(carry=False)
    ),
    "backward_in_time": Mistake(
        "the loop runs from the last step to the first: time runs from t = 0 to T_x - 1.", _variant(order="backward")
    ),
    "state_before_step": Mistake(
        "a[:, :, t] holds the state before step t: store a_next, not a_prev.", _variant(kept="before")
    ),
    "a0_included": Mistake(
        "a<0> is included in a: a holds the T_x states a<1> .. a<T_x> only.",
        _result(lambda a, y_hat, a0: (np.dstack([a0, a]), y_hat)),
    ),
    "time_first": Mistake(
        "time is the first axis of the results; here it is the last: (n_a, m, T_x).",
        _each(lambda v: np.moveaxis(v, 2, 0)),
    ),
    "last_step_only": Mistake(
        "only the last step is returned; a and y_hat hold all T_x steps.", _each(lambda v: v[:, :, -1])
    ),
    "last_output_only": Mistake(
        "y_hat is that of the last step only; it holds the outputs of all T_x steps.",
        _result(lambda a, y_hat, a0: (a, y_hat[:, :, -1])),
    ),
    "first_step_only": Mistake(
        "only the first step is filled in: is the return inside the loop?",
        _each(lambda v: v * (np.arange(v.shape[2]) < 1)),
    ),
    "same_array": Mistake(
        "a holds the last state at every step: one and the same array, changed in place, is kept T_x times; keep a copy.",
        _result(lambda a, y_hat, a0: (np.repeat(a[:, :, -1:], a.shape[2], axis=2), y_hat)),
    ),
    "side_by_side": Mistake(
        "the steps stand side by side, among the examples: time needs an axis of its own, the last (np.stack with axis=2).",
        _each(lambda v: np.concatenate(np.moveaxis(v, 2, 0), axis=1)),
    ),
    "sizes_swapped": Mistake("m and T_x have changed places: x.shape is (n_x, m, T_x).", _sizes_swapped),
    "inputs_late": Mistake(
        "step t takes x[:, :, t - 1] (and the first step the last input): its input is x[:, :, t].",
        _fed(lambda x: np.roll(x, 1, axis=2)),
    ),
    "first_input": Mistake(
        "every step reads the same input, the first: that of step t is x[:, :, t].",
        _fed(lambda x: np.repeat(x[:, :, :1], x.shape[2], axis=2)),
    ),
    "results_swapped": Mistake(
        "an output (n_y, m) is put where a state (n_a, m) belongs: rnn_cell_forward returns a_next first, then y_hat_t.",
        _results_swapped,
    ),
    "second_axis": Mistake(
        "x[:, t, :] is example t at all steps: time is the last axis, so step t is x[:, :, t].", _second_axis
    ),
    "over_examples": Mistake(
        "the loop runs over the examples (axis 1): time is the last axis of x.", _fed(lambda x: np.swapaxes(x, 1, 2))
    ),
    "over_features": Mistake(
        "the loop runs over the features (axis 0): time is the last axis of x.", _fed(lambda x: np.moveaxis(x, 0, 2))
    ),
    "last_left_out": Mistake(
        "the last step is missing: the loop runs over range(T_x), not range(T_x - 1).",
        _each(lambda v: v * (np.arange(v.shape[2]) < v.shape[2] - 1)),
    ),
    "first_left_out": Mistake(
        "the first step is missing: in code the first step is t = 0, not t = 1.", _first_left_out
    ),
}
