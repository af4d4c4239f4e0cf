"""Known mistakes of lesson 4: `output_backward` and `rnn_cell_backward`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.lessons.exercise import Mistake
from seqlib import output_backward, softmax

Params = dict[str, np.ndarray]
Gradients = dict[str, Any]


# ---------------------------------------------------------------------------------------------------------------
# output_backward


def _outputs(**changes: Callable[..., Any]) -> Callable[..., Gradients]:
    """A wrong `output_backward`: results of the right one changed by (right, dlogits, a, params)."""

    def wrong(dlogits: np.ndarray, a: np.ndarray, params: Params) -> Gradients:
        right = output_backward(dlogits, a, params)
        return {**right, **{name: change(right[name], dlogits, a, params) for name, change in changes.items()}}

    return wrong


def _logits(change: Callable[..., np.ndarray]) -> Callable[..., Gradients]:
    """A wrong `output_backward`: the right one of a changed dlogits."""
    return lambda dlogits, a, params: output_backward(change(dlogits, a, params), a, params)


def _softmax_twice(dlogits: np.ndarray, a: np.ndarray, params: Params) -> np.ndarray:
    y_hat = softmax(np.einsum("ya,amt->ymt", params["Wya"], a) + params["by"][:, :, None])
    return np.asarray(dlogits * y_hat * (1 - y_hat))


def _weights_by(divided: Callable[..., Any]) -> Callable[..., Gradients]:
    return _outputs(dWya=divided, dby=divided)


def _of_step(t: int) -> Callable[..., Gradients]:
    return _outputs(
        dWya=lambda right, dz, a, p: dz[:, :, t] @ a[:, :, t].T,
        dby=lambda right, dz, a, p: dz[:, :, t].sum(axis=1, keepdims=True),
    )


def _flat_into_column(right: np.ndarray, dz: np.ndarray, a: np.ndarray, p: Params) -> np.ndarray:
    dby = np.zeros_like(right)
    dby += dz[:, :, 0].sum(axis=1)  # raises: (n_y, 1) cannot hold (n_y, n_y)
    return dby


OUTPUT = {
    "no_transpose": Mistake(
        "da uses W_ya as it is: on the way back it is transposed, da<t> = W_ya^T dz<t>.",
        _outputs(da=lambda right, dz, a, p: np.einsum("ay,ymt->amt", p["Wya"], dz)),
    ),
    "dWya_transposed": Mistake(
        "dW_ya is transposed: it has the shape of W_ya, dz<t> a<t>^T.",
        _outputs(dWya=lambda right, dz, a, p: right.T),
    ),
    "dWya_last_step": Mistake(
        "dW_ya holds the last step only: W_ya is used at every step, so the steps are added.",
        _outputs(dWya=lambda right, dz, a, p: dz[:, :, -1] @ a[:, :, -1].T),
    ),
    "last_step_only": Mistake(
        "dW_ya and db_y hold the last step only: both are used at every step, so the steps are added.",
        _of_step(-1),
    ),
    "first_step_only": Mistake(
        "dW_ya and db_y hold the first step only: is the return inside the loop, or are they set instead of added to?",
        _of_step(0),
    ),
    "dby_flat": Mistake(
        "db_y is flat: it stays a column (n_y, 1), as b_y is.", _outputs(dby=lambda right, dz, a, p: right.ravel())
    ),
    "dby_without_keepdims": Mistake(
        "the sum for db_y is flat, and a flat array cannot be added into a column (n_y, 1): sum with keepdims=True.",
        _outputs(dby=_flat_into_column),
    ),
    "dby_spread": Mistake(
        "db_y has become (n_y, n_y): the sum is flat, and added to a column it spreads out; sum with keepdims=True.",
        _outputs(dby=lambda right, dz, a, p: np.zeros_like(right) + right.ravel()),
    ),
    "all_over_m": Mistake(
        "everything is divided by m once more: the 1/m of the cost is already in dlogits.",
        _logits(lambda dz, a, p: dz / dz.shape[1]),
    ),
    "dby_mean": Mistake(
        "db_y is a mean over the examples: gradients are added, and the 1/m of the cost is already in dlogits.",
        _outputs(dby=lambda right, dz, a, p: right / dz.shape[1]),
    ),
    "dby_mean_of_all": Mistake(
        "db_y is a mean over examples and steps: gradients are added, and the 1/m of the cost is already in dlogits.",
        _outputs(dby=lambda right, dz, a, p: right / dz[0].size),
    ),
    "dWya_over_m": Mistake(
        "dW_ya is divided by m: gradients are added, and the 1/m of the cost is already in dlogits.",
        _outputs(dWya=lambda right, dz, a, p: right / dz.shape[1]),
    ),
    "sums_first": Mistake(
        "dW_ya is the product of two sums: multiply first, dz<t> a<t>^T, and add these products over the steps.",
        _outputs(dWya=lambda right, dz, a, p: dz.sum(axis=2) @ a.sum(axis=2).T),
    ),
    "return_inside": Mistake(
        "only the first step is done: is the return inside the loop?",
        _logits(lambda dz, a, p: dz * (np.arange(dz.shape[2]) < 1)),
    ),
    "dby_row": Mistake(
        "db_y is a row: it stays a column (n_y, 1), as b_y is.", _outputs(dby=lambda right, dz, a, p: right.T)
    ),
    "dby_not_summed": Mistake(
        "db_y is not summed: one bias serves all examples and all steps, so they are added.",
        _outputs(dby=lambda right, dz, a, p: dz),
    ),
    "dby_over_examples": Mistake(
        "db_y is summed over the examples only: the steps are added too.",
        _outputs(dby=lambda right, dz, a, p: dz.sum(axis=1)),
    ),
    "dby_over_steps": Mistake(
        "db_y is summed over the steps only: the examples are added too.",
        _outputs(dby=lambda right, dz, a, p: dz.sum(axis=2)),
    ),
    "dby_total": Mistake(
        "db_y is the sum of everything: each of the n_y outputs has a bias of its own.",
        _outputs(dby=lambda right, dz, a, p: np.full_like(right, dz.sum())),
    ),
    "mean_over_examples": Mistake(
        "the gradients of the weights are divided by m: the 1/m of the cost is already in dlogits; here one sums.",
        _weights_by(lambda right, dz, a, p: right / a.shape[1]),
    ),
    "mean_over_steps": Mistake(
        "the gradients of the weights are divided by T_x: the loss of a sequence is a sum over its steps.",
        _weights_by(lambda right, dz, a, p: right / a.shape[2]),
    ),
    "da_summed": Mistake(
        "da is summed over the steps: every state has a gradient of its own, (n_a, m, T_x).",
        _outputs(da=lambda right, dz, a, p: right.sum(axis=2)),
    ),
    "da_by_dot": Mistake(
        "np.dot of a matrix and an array with three axes adds up over the examples: multiply step by step, or say the axes (np.einsum, np.tensordot).",
        _outputs(da=lambda right, dz, a, p: np.dot(p["Wya"].T, dz)),
    ),
    "da_by_matmul": Mistake(
        "@ of a matrix and an array with three axes adds up over the examples: multiply step by step, or say the axes (np.einsum, np.tensordot).",
        _outputs(da=lambda right, dz, a, p: p["Wya"].T @ dz),
    ),
    "tanh_too_early": Mistake(
        "da is multiplied by 1 - a^2: undoing tanh is the work of rnn_cell_backward.",
        _outputs(da=lambda right, dz, a, p: right * (1 - a**2)),
    ),
    "softmax_twice": Mistake(
        "a derivative of the softmax is multiplied in: dlogits is already the gradient before the softmax.",
        _logits(_softmax_twice),
    ),
    "minus": Mistake("every gradient has the wrong sign.", _logits(lambda dz, a, p: -dz)),
}


# ---------------------------------------------------------------------------------------------------------------
# rnn_cell_backward


def _cell(
    *,
    undo: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda a_next, a_prev: 1 - a_next**2,
    **changes: Callable[[np.ndarray, np.ndarray, Any], Any],
) -> Callable[..., Gradients]:
    """A wrong `rnn_cell_backward`: another derivative of tanh, or single results from (dz, da_next, cache)."""

    def cell(da_next: np.ndarray, cache: tuple[Any, ...]) -> Gradients:
        a_next, a_prev, x_t, params = cache
        dz = undo(a_next, a_prev) * da_next
        right = {
            "dx_t": params["Wax"].T @ dz,
            "da_prev": params["Waa"].T @ dz,
            "dWax": dz @ x_t.T,
            "dWaa": dz @ a_prev.T,
            "dba": dz.sum(axis=1, keepdims=True),
        }
        return {**right, **{name: change(dz, da_next, cache) for name, change in changes.items()}}

    return cell


def _again(da_next: np.ndarray, cache: tuple[Any, ...]) -> Gradients:
    _, a_prev, x_t, params = cache
    return _cell()(da_next, (np.tanh(params["Waa"] @ a_prev + params["Wax"] @ x_t), *cache[1:]))


CELL = {
    "no_tanh": Mistake("tanh is not undone: dz = (1 - a_next^2) * da_next.", _cell(undo=lambda a, prev: 1)),  # type: ignore[arg-type,return-value]
    "not_squared": Mistake(
        "the derivative of tanh is 1 - a^2; the square is missing.", _cell(undo=lambda a, prev: 1 - a)
    ),
    "tanh_twice": Mistake(
        "tanh is applied once more: a_next is already tanh(z), so its derivative is 1 - a_next^2.",
        _cell(undo=lambda a, prev: 1 - np.tanh(a) ** 2),
    ),
    "sigmoid": Mistake(
        "a (1 - a) is the derivative of the sigmoid; that of tanh is 1 - a^2.",
        _cell(undo=lambda a, prev: a * (1 - a)),
    ),
    "tanh_of_a_prev": Mistake(
        "the derivative of tanh is taken at a_prev; this step made a_next.", _cell(undo=lambda a, prev: 1 - prev**2)
    ),
    "no_brackets": Mistake(
        "brackets are missing: 1 - a_next**2 * da_next is 1 - (a_next**2 * da_next); write (1 - a_next**2) * da_next.",
        lambda da_next, cache: _cell(undo=lambda a, prev: (1 - a**2 * da_next) / da_next)(da_next, cache),
    ),
    "square_outside": Mistake(
        "the square is in the wrong place: the derivative of tanh is 1 - a^2, not (1 - a)^2.",
        _cell(undo=lambda a, prev: (1 - a) ** 2),
    ),
    "bias_forgotten": Mistake(
        "z is computed again without its bias b_a; a_next is tanh(z) already, so nothing need be computed again.",
        _again,
    ),
    "cache_order": Mistake(
        "the cache is unpacked in another order: it is (a_next, a_prev, x_t, params).",
        lambda da_next, cache: _cell()(da_next, (cache[1], cache[0], *cache[2:])),
    ),
    "plus": Mistake("the derivative of tanh is 1 - a^2, not 1 + a^2.", _cell(undo=lambda a, prev: 1 + a**2)),
    "minus": Mistake("every gradient has the wrong sign.", _cell(undo=lambda a, prev: a**2 - 1)),
    "waa_not_transposed": Mistake(
        "da_prev uses W_aa as it is: on the way back it is transposed, da_prev = W_aa^T dz.",
        _cell(da_prev=lambda dz, da, cache: cache[3]["Waa"] @ dz),
    ),
    "wax_not_transposed": Mistake(
        "dx_t uses W_ax as it is: on the way back it is transposed, dx_t = W_ax^T dz.",
        _cell(dx_t=lambda dz, da, cache: cache[3]["Wax"] @ dz),
    ),
    "neither_transposed": Mistake(
        "W_aa and W_ax are used as they are: on the way back both are transposed.",
        _cell(da_prev=lambda dz, da, cache: cache[3]["Waa"] @ dz, dx_t=lambda dz, da, cache: cache[3]["Wax"] @ dz),
    ),
    "past_tanh": Mistake(
        "da_prev and dx_t are made from da_next: they come from dz, behind the tanh.",
        _cell(da_prev=lambda dz, da, cache: cache[3]["Waa"].T @ da, dx_t=lambda dz, da, cache: cache[3]["Wax"].T @ da),
    ),
    "dx_past_tanh": Mistake(
        "dx_t is made from da_next: it comes from dz, behind the tanh.",
        _cell(dx_t=lambda dz, da, cache: cache[3]["Wax"].T @ da),
    ),
    "tanh_last": Mistake(
        "1 - a_next^2 is multiplied in after the product with W_aa^T: tanh comes first on the way back, da_prev = W_aa^T dz.",
        _cell(da_prev=lambda dz, da, cache: (cache[3]["Waa"].T @ da) * (1 - cache[0] ** 2)),
    ),
    "weights_swapped": Mistake(
        "W_ax and W_aa are swapped: dx_t = W_ax^T dz and da_prev = W_aa^T dz.",
        _cell(dx_t=lambda dz, da, cache: cache[3]["Waa"].T @ dz, da_prev=lambda dz, da, cache: cache[3]["Wax"].T @ dz),
    ),
    "da_prev_past_tanh": Mistake(
        "da_prev is made from da_next: it comes from dz, behind the tanh.",
        _cell(da_prev=lambda dz, da, cache: cache[3]["Waa"].T @ da),
    ),
    "dWaa_of_a_next": Mistake(
        "dW_aa is made with a_next: W_aa multiplied a_prev, so dW_aa = dz a_prev^T.",
        _cell(dWaa=lambda dz, da, cache: dz @ cache[0].T),
    ),
    "dWaa_transposed": Mistake(
        "dW_aa is transposed: dz stands on the left, dz a_prev^T.",
        _cell(dWaa=lambda dz, da, cache: cache[1] @ dz.T),
    ),
    "dWax_transposed": Mistake(
        "dW_ax is transposed: dz stands on the left, dz x_t^T, (n_a, n_x).",
        _cell(dWax=lambda dz, da, cache: cache[2] @ dz.T),
    ),
    "both_transposed": Mistake(
        "dW_aa and dW_ax are transposed: dz stands on the left, dz a_prev^T and dz x_t^T.",
        _cell(dWaa=lambda dz, da, cache: cache[1] @ dz.T, dWax=lambda dz, da, cache: cache[2] @ dz.T),
    ),
    "dba_flat": Mistake(
        "db_a is flat: it stays a column (n_a, 1); keepdims=True.", _cell(dba=lambda dz, da, cache: dz.sum(axis=1))
    ),
    "dba_not_summed": Mistake(
        "db_a is not summed: one bias serves all examples, so their columns are added.",
        _cell(dba=lambda dz, da, cache: dz),
    ),
    "dba_total": Mistake(
        "db_a is the sum of everything: each unit has a bias of its own, so only the examples are added.",
        _cell(dba=lambda dz, da, cache: dz.sum()),
    ),
    "dz_over_m": Mistake(
        "every gradient is divided by m: the 1/m of the cost is already in da_next.",
        lambda da_next, cache: _cell()(da_next / da_next.shape[1], cache),
    ),
    "dba_mean": Mistake(
        "db_a is the mean over the examples: gradients are added; the 1/m of the cost is already in da_next.",
        _cell(dba=lambda dz, da, cache: dz.mean(axis=1, keepdims=True)),
    ),
    "dba_over_units": Mistake(
        "db_a is summed over the units (axis 0): it is summed over the examples (axis 1).",
        _cell(dba=lambda dz, da, cache: dz.sum(axis=0, keepdims=True)),
    ),
    "all_mean": Mistake(
        "the gradients of the weights are divided by m: the 1/m of the cost is already in da_next.",
        _cell(
            dWaa=lambda dz, da, cache: dz @ cache[1].T / dz.shape[1],
            dWax=lambda dz, da, cache: dz @ cache[2].T / dz.shape[1],
            dba=lambda dz, da, cache: dz.mean(axis=1, keepdims=True),
        ),
    ),
}
