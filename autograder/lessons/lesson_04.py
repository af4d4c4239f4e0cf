"""Lesson 4, the way back: output layer, one cell, all steps, and the check of a gradient by differences."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.lessons.exercise import Exercise, Inputs, Mistake, rnn_parameters
from seqlib import output_backward, rnn_backward, rnn_cell_backward, rnn_cell_forward, rnn_forward, softmax
from seqlib.exercises.verdict import Part
from seqlib.gradients import gradient_check

Params = dict[str, np.ndarray]
Gradients = dict[str, Any]


def _changed(right: Callable[..., Gradients], **changes: Callable[..., Any]) -> Callable[..., Gradients]:
    """A wrong function: the right one with some of its entries computed by `changes` from the arguments."""

    def wrong(*args: Any) -> Gradients:
        return {**right(*args), **{name: change(*args) for name, change in changes.items()}}

    return wrong


# ---------------------------------------------------------------------------------------------------------------
# output_backward


def _draw_outputs(rng: np.random.Generator) -> Iterator[Inputs]:
    for label, n_a, n_y, m, T_x in (
        ("n_a = 5, n_y = 2, m = 3, T_x = 4", 5, 2, 3, 4),
        ("all sizes equal to 3", 3, 3, 3, 3),
    ):
        params = {name: value for name, value in rnn_parameters(rng, 2, n_a, n_y).items() if name in ("Wya", "by")}
        a = np.tanh(rng.normal(size=(n_a, m, T_x)))
        yield Inputs(label, (rng.normal(size=(n_y, m, T_x)), a, params))


def _after(change: Callable[..., np.ndarray], name: str = "") -> Callable[..., Gradients]:
    """A wrong `output_backward`: dlogits changed first, or one result changed afterwards."""

    def wrong(dlogits: np.ndarray, a: np.ndarray, params: Params) -> Gradients:
        if not name:
            return output_backward(change(dlogits, a, params), a, params)
        right = output_backward(dlogits, a, params)
        return {**right, name: change(right[name], dlogits, a)}

    return wrong


def _softmax_twice(dlogits: np.ndarray, a: np.ndarray, params: Params) -> np.ndarray:
    y_hat = softmax(np.einsum("ya,amt->ymt", params["Wya"], a) + params["by"][:, :, None])
    return np.asarray(dlogits * y_hat * (1 - y_hat))


def _averaged(by: int) -> Callable[..., Gradients]:
    def wrong(dlogits: np.ndarray, a: np.ndarray, params: Params) -> Gradients:
        right = output_backward(dlogits, a, params)
        size = a.shape[by]
        return {**right, "dWya": right["dWya"] / size, "dby": right["dby"] / size}

    return wrong


def _first_step_only(dlogits: np.ndarray, a: np.ndarray, params: Params) -> Gradients:
    first = np.zeros_like(dlogits)
    first[:, :, 0] = dlogits[:, :, 0]
    return output_backward(first, a, params)


OUTPUT = Exercise(
    name="output_backward",
    reference=output_backward,
    draw=_draw_outputs,
    visible=1,
    hidden=2,
    mistakes={
        "no_transpose": Mistake(
            "da uses W_ya as it is: on the way back it is transposed, da<t> = W_ya^T dz<t>.",
            _changed(output_backward, da=lambda dz, a, p: np.einsum("ay,ymt->amt", p["Wya"], dz)),
        ),
        "dWya_transposed": Mistake(
            "dW_ya is transposed: it has the shape of W_ya, dz<t> a<t>^T.",
            _after(lambda right, dz, a: right.T, "dWya"),
        ),
        "dWya_last_step": Mistake(
            "dW_ya holds the last step only: W_ya is used at every step, so the steps are added.",
            _after(lambda right, dz, a: dz[:, :, -1] @ a[:, :, -1].T, "dWya"),
        ),
        "last_step_only": Mistake(
            "dW_ya and db_y hold the last step only: both are used at every step, so the steps are added.",
            _changed(
                output_backward,
                dWya=lambda dz, a, p: dz[:, :, -1] @ a[:, :, -1].T,
                dby=lambda dz, a, p: dz[:, :, -1].sum(axis=1, keepdims=True),
            ),
        ),
        "first_step_only": Mistake(
            "dW_ya and db_y hold the first step only: is the return inside the loop, or are they set instead of added to?",
            _changed(
                output_backward,
                dWya=lambda dz, a, p: dz[:, :, 0] @ a[:, :, 0].T,
                dby=lambda dz, a, p: dz[:, :, 0].sum(axis=1, keepdims=True),
            ),
        ),
        "dby_flat": Mistake(
            "db_y is flat: it stays a column (n_y, 1), as b_y is.", _after(lambda right, dz, a: right.ravel(), "dby")
        ),
        "return_inside": Mistake("only the first step is done: is the return inside the loop?", _first_step_only),
        "dby_row": Mistake(
            "db_y is a row: it stays a column (n_y, 1), as b_y is.", _after(lambda right, dz, a: right.T, "dby")
        ),
        "dby_not_summed": Mistake(
            "db_y is not summed: one bias serves all examples and all steps, so they are added.",
            _after(lambda right, dz, a: dz, "dby"),
        ),
        "dby_over_examples": Mistake(
            "db_y is summed over the examples only: the steps are added too.",
            _after(lambda right, dz, a: dz.sum(axis=1), "dby"),
        ),
        "dby_over_steps": Mistake(
            "db_y is summed over the steps only: the examples are added too.",
            _after(lambda right, dz, a: dz.sum(axis=2), "dby"),
        ),
        "dby_total": Mistake(
            "db_y is the sum of everything: each of the n_y outputs has a bias of its own.",
            _after(lambda right, dz, a: np.full_like(right, dz.sum()), "dby"),
        ),
        "mean_over_examples": Mistake(
            "the gradients of the weights are divided by m: the 1/m of the cost is already in dlogits; here one sums.",
            _averaged(1),
        ),
        "mean_over_steps": Mistake(
            "the gradients of the weights are divided by T_x: the loss of a sequence is a sum over its steps.",
            _averaged(2),
        ),
        "da_summed": Mistake(
            "da is summed over the steps: every state has a gradient of its own, (n_a, m, T_x).",
            _after(lambda right, dz, a: right.sum(axis=2), "da"),
        ),
        "da_by_dot": Mistake(
            "np.dot of a matrix and an array with three axes adds up over the examples: multiply step by step, or say the axes (np.einsum, np.tensordot).",
            _changed(output_backward, da=lambda dz, a, p: np.dot(p["Wya"].T, dz)),
        ),
        "da_by_matmul": Mistake(
            "@ of a matrix and an array with three axes adds up over the examples: multiply step by step, or say the axes (np.einsum, np.tensordot).",
            _changed(output_backward, da=lambda dz, a, p: p["Wya"].T @ dz),
        ),
        "tanh_too_early": Mistake(
            "da is multiplied by 1 - a^2: undoing tanh is the work of rnn_cell_backward.",
            _after(lambda right, dz, a: right * (1 - a**2), "da"),
        ),
        "softmax_twice": Mistake(
            "a derivative of the softmax is multiplied in: dlogits is already the gradient before the softmax.",
            _after(_softmax_twice),
        ),
        "minus": Mistake("every gradient has the wrong sign.", _after(lambda dz, a, params: -dz)),
    },
    parts=(
        Part("da", "da", 1, ("n_a", "m", "T_x")),
        Part("dWya", "dWya", 1, ("n_y", "n_a")),
        Part("dby", "dby", 1, ("n_y", "1")),
    ),
)


# ---------------------------------------------------------------------------------------------------------------
# rnn_cell_backward


def _draw_cells(rng: np.random.Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, m in (
        ("n_x = 3, n_a = 4, m = 2", 3, 4, 2),
        ("one example (m = 1), n_x = n_a = 3", 3, 3, 1),
    ):
        params = rnn_parameters(rng, n_x, n_a, 2)
        x_t, a_prev = 0.5 * rng.normal(size=(n_x, m)), np.tanh(rng.normal(size=(n_a, m)))
        yield Inputs(label, (rng.normal(size=(n_a, m)), rnn_cell_forward(x_t, a_prev, params)[2]))


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


CELL = Exercise(
    name="rnn_cell_backward",
    reference=rnn_cell_backward,
    draw=_draw_cells,
    visible=2,
    hidden=3,
    mistakes={
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
            _cell(
                da_prev=lambda dz, da, cache: cache[3]["Waa"].T @ da, dx_t=lambda dz, da, cache: cache[3]["Wax"].T @ da
            ),
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
            _cell(
                dx_t=lambda dz, da, cache: cache[3]["Waa"].T @ dz, da_prev=lambda dz, da, cache: cache[3]["Wax"].T @ dz
            ),
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
    },
    parts=(
        Part("dx_t", "dx_t", 1, ("n_x", "m")),
        Part("da_prev", "da_prev", 1, ("n_a", "m")),
        Part("dWax", "dWax", 1, ("n_a", "n_x")),
        Part("dWaa", "dWaa", 1, ("n_a", "n_a")),
        Part("dba", "dba", 1, ("n_a", "1")),
    ),
)


# ---------------------------------------------------------------------------------------------------------------
# rnn_backward


def _draw_sequences(rng: np.random.Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, m, T_x in (
        ("n_x = 3, n_a = 5, m = 2, T_x = 4", 3, 5, 2, 4),
        ("one example of 3 steps (m = 1)", 2, 3, 1, 3),
    ):
        x, a0 = 0.5 * rng.normal(size=(n_x, m, T_x)), 0.5 * rng.normal(size=(n_a, m))
        params = rnn_parameters(rng, n_x, n_a, 2)
        yield Inputs(label, (rng.normal(size=(n_a, m, T_x)), rnn_forward(x, a0, params)[2]))


def _loop(
    da: np.ndarray,
    caches: tuple[Any, ...],
    *,
    handed: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda before, da_prev: da_prev,
    fed: str = "each",
    add: bool = True,
    order: str = "backward",
    left_out: str = "",
    shifted: bool = False,
    inputs: int = 0,
    da0_of: str = "da_prev",
) -> Gradients:
    """A wrong `rnn_backward`: the right one with one of its ingredients replaced."""
    states, x, params, _ = caches
    T_x = x.shape[2]
    total: Gradients = {"d" + name: np.zeros_like(params[name]) for name in ("Wax", "Waa", "ba")}
    dx, back = np.zeros_like(x), np.zeros_like(da[:, :, 0])
    da0 = back
    if fed == "last twice":
        back = da[:, :, -1]
    steps = [
        t for t in range(T_x) if not (left_out == "first" and t == 0) and not (left_out == "last" and t == T_x - 1)
    ]
    for t in steps if order == "forward" else reversed(steps):
        da_next = back + da[:, :, t] if fed != "last" or t == T_x - 1 else back
        after = states[:, :, t] if shifted else states[:, :, t + 1]
        before = states[:, :, t - 1] if shifted else states[:, :, t]
        step = rnn_cell_backward(da_next, (after, before, x[:, :, t + inputs], params))
        dx[:, :, t] = step["dx_t"]
        back = handed(back, step["da_prev"])
        da0 = {"da_prev": step["da_prev"], "da_next": da_next, "handed": back}[da0_of]
        for name in total:
            total[name] = total[name] + step[name] if add else step[name]
    return {"dx": dx, "da0": da0, **total}


def _too_many_steps(da: np.ndarray, caches: tuple[Any, ...], which: str) -> Any:
    return (da if which == "da" else caches[0])[:, :, caches[0].shape[2]]


def _dba_of_one_step(da: np.ndarray, caches: tuple[Any, ...]) -> Gradients:
    return {**_loop(da, caches), "dba": _loop(da, caches, add=False)["dba"]}


def _variant(**changes: Any) -> Callable[..., Gradients]:
    return lambda da, caches: _loop(da, caches, **changes)


def _result(**changes: Callable[[Any, np.ndarray], Any]) -> Callable[..., Gradients]:
    """A wrong `rnn_backward`: results of the right one changed by (right, da)."""

    def wrong(da: np.ndarray, caches: tuple[Any, ...]) -> Gradients:
        right = rnn_backward(da, caches)
        return {**right, **{name: change(right[name], da) for name, change in changes.items()}}

    return wrong


def _dwaa_without_first(da: np.ndarray, caches: tuple[Any, ...]) -> Gradients:
    states, *others = caches
    states = states.copy()
    states[:, :, 0] = 0
    return rnn_backward(da, (states, *others))


BACKWARD = Exercise(
    name="rnn_backward",
    reference=rnn_backward,
    draw=_draw_sequences,
    visible=2,
    hidden=4,
    follow="rnn_backward",
    mistakes={
        "not_carried": Mistake(
            "da_prev of a step is not handed on: a<t> gets a gradient from its own output and from step t + 1; add both.",
            _variant(handed=lambda before, da_prev: 0 * da_prev),
        ),
        "summed_up": Mistake(
            "what comes back is added up over all later steps (+=): the next step gets the da_prev of this one alone.",
            _variant(handed=lambda before, da_prev: before + da_prev, da0_of="handed"),
        ),
        "last_da_twice": Mistake(
            "the last step's da is counted twice: nothing comes back to the last step, so one starts from zeros.",
            _variant(fed="last twice"),
        ),
        "inputs_shifted": Mistake(
            "step t gets x[:, :, t - 1]: its input is x[:, :, t]; only the states are counted from a<0>.",
            _variant(inputs=-1),
        ),
        "dba_set": Mistake("db_a is set instead of added: the same bias serves all steps.", _dba_of_one_step),
        "dWaa_without_first": Mistake(
            "the first step's part of dW_aa is left out: a<0> is a state like the others, and need not be zeros.",
            _dwaa_without_first,
        ),
        "state_for_every_step": Mistake(
            "there are T_x + 1 states and T_x steps: the loop runs over the steps.",
            functools.partial(_too_many_steps, which="states"),
        ),
        "da_for_every_state": Mistake(
            "there are T_x + 1 states and T_x steps: the loop runs over the steps.",
            functools.partial(_too_many_steps, which="da"),
        ),
        "last_da_only": Mistake(
            "only the last step's da is used: da[:, :, t] is added at every step.", _variant(fed="last")
        ),
        "not_added": Mistake(
            "the gradients of the weights are set instead of added: the same weights serve all steps.",
            _variant(add=False),
        ),
        "forward_in_time": Mistake(
            "the loop runs from the first step to the last: the way back starts at T_x - 1.", _variant(order="forward")
        ),
        "states_shifted": Mistake(
            "the states are one step too early: states[:, :, 0] is a<0>, so step t made states[:, :, t + 1] from states[:, :, t].",
            _variant(shifted=True),
        ),
        "first_left_out": Mistake(
            "the first step is missing: the loop ends at t = 0, range(T_x - 1, -1, -1).", _variant(left_out="first")
        ),
        "last_left_out": Mistake(
            "the last step is missing: the loop starts at t = T_x - 1.", _variant(left_out="last")
        ),
        "da0_zeros": Mistake(
            "da0 is never filled: it is the da_prev of the first step.", _result(da0=lambda right, da: 0 * right)
        ),
        "da0_of_first_state": Mistake(
            "da0 is the gradient of a<1>, which goes into the first step's cell; that of a<0> is the da_prev which comes out.",
            _variant(da0_of="da_next"),
        ),
        "da0_with_own": Mistake(
            "da[:, :, 0] is added to da0: it belongs to a<1>; a<0> has no output of its own.",
            _result(da0=lambda right, da: right + da[:, :, 0]),
        ),
        "time_first": Mistake(
            "time is the first axis of dx; here it is the last: (n_x, m, T_x).",
            _result(dx=lambda right, da: np.moveaxis(right, 2, 0)),
        ),
        "dx_reversed": Mistake(
            "dx is in the reversed order of time: dx[:, :, t] belongs to x[:, :, t].",
            _result(dx=lambda right, da: right[:, :, ::-1]),
        ),
        "mean_over_steps": Mistake(
            "the gradients of the weights are divided by T_x: the loss of a sequence is a sum over its steps.",
            _result(**dict.fromkeys(("dWax", "dWaa", "dba"), lambda right, da: right / da.shape[2])),
        ),
        "mean_over_examples": Mistake(
            "the gradients of the weights are divided by m: the 1/m of the cost is already in da.",
            _result(**dict.fromkeys(("dWax", "dWaa", "dba"), lambda right, da: right / da.shape[1])),
        ),
    },
    parts=(
        Part("dx", "dx", 1, ("n_x", "m", "T_x")),
        Part("da0", "da0", 1, ("n_a", "m")),
        Part("dWax", "dWax", 1, ("n_a", "n_x")),
        Part("dWaa", "dWaa", 1, ("n_a", "n_a")),
        Part("dba", "dba", 1, ("n_a", "1")),
    ),
)


# ---------------------------------------------------------------------------------------------------------------
# gradient_check

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


def _with_gradient(arrays: Params, gradients: Params) -> list[str]:
    return [name for name in arrays if "d" + name in gradients]


def _checked(
    *,
    quotient: str = "central",
    error: Callable[[np.ndarray, np.ndarray], float] | None = None,
    largest: Callable[[np.ndarray], float] = lambda d: float(np.abs(d).max()),
    prefix: str = "d",
    compare: Callable[[float, float], bool] = operator.le,
    listed: Callable[[Params, Params], list[str]] = _with_gradient,
    default_step: bool = False,
    default_tolerance: bool = False,
    together: bool = False,
    restored: bool = True,
    exact: Callable[..., bool] = np.array_equal,
    first: bool = False,
) -> Callable[..., Any]:
    """A wrong `gradient_check`: the right one with one of its ingredients replaced."""

    def relative(g: np.ndarray, n: np.ndarray) -> float:
        norms = np.linalg.norm(g) + np.linalg.norm(n)
        return float(np.linalg.norm(g - n) / norms) if norms else 0.0

    def check(
        loss: Callable[[Params], float],
        arrays: Params,
        gradients: Params,
        *,
        tolerance: float = 1e-7,
        step: float = 1e-5,
    ) -> list[Any]:
        step, tolerance = 1e-5 if default_step else step, 1e-7 if default_tolerance else tolerance
        rows = []
        for name in listed(arrays, gradients)[: 1 if first else None]:
            moved = {key: value.copy() for key, value in arrays.items()}
            n = np.empty_like(arrays[name])
            for i in np.ndindex(n.shape):
                where: Any = ... if together else i
                value = moved[name][where].copy()
                moved[name][where] = value + step
                above = loss(moved)
                moved[name][where] = value if quotient == "forward" else value - step
                below = loss(moved)
                if restored:
                    moved[name][where] = value
                n[i] = (above - below) / (2 * step if quotient == "central" else step)
            g = gradients["d" + name]
            e = (error or relative)(g, n)
            rows.append((prefix + name, bool(exact(g, n)), e, largest(g - n), bool(compare(e, tolerance))))
        return rows

    return check


def _norm(value: np.ndarray) -> float:
    return float(np.linalg.norm(value))


def _of_elements(g: np.ndarray, n: np.ndarray) -> float:
    return float(np.max(np.abs(g - n) / np.maximum(np.abs(g) + np.abs(n), 1e-12)))


CHECK = Exercise(
    name="gradient_check",
    reference=functools.partial(gradient_check, verbose=False),
    draw=_draw_gradients,
    visible=2,
    hidden=3,
    probe=PROBE,
    rtol=1e-6,
    atol=1e-7,
    mistakes={
        "forward_difference": Mistake(
            "this is the one-sided difference (L(W + step) - L(W)) / step: go step to both sides.",
            _checked(quotient="forward"),
        ),
        "no_two": Mistake(
            "the difference is divided by step: the two points are 2 * step apart.", _checked(quotient="single")
        ),
        "not_restored": Mistake(
            "an element keeps its moved value while the next one is checked: put it back.", _checked(restored=False)
        ),
        "together": Mistake(
            "all elements are moved at once: each element has a derivative of its own, so move one at a time.",
            _checked(together=True),
        ),
        "absolute": Mistake(
            "the error is not divided by |analytic| + |numerical|: it is absolute, not relative.",
            _checked(error=lambda g, n: _norm(g - n)),
        ),
        "no_sum": Mistake(
            "the error is divided by one norm only: the denominator is |analytic| + |numerical|.",
            _checked(error=lambda g, n: _norm(g - n) / _norm(n) if _norm(n) else 0.0),
        ),
        "largest_norm": Mistake(
            "the error is divided by the larger norm: the denominator is the sum of both.",
            _checked(error=lambda g, n: _norm(g - n) / max(_norm(g), _norm(n)) if _norm(n) else 0.0),
        ),
        "difference_of_norms": Mistake(
            "the norms are subtracted: take the norm of the difference, not the difference of the norms.",
            _checked(error=lambda g, n: abs(_norm(g) - _norm(n)) / (_norm(g) + _norm(n)) if _norm(n) else 0.0),
        ),
        "squared": Mistake(
            "the norms lack their square root.",
            _checked(error=lambda g, n: _norm(g - n) ** 2 / (_norm(g) ** 2 + _norm(n) ** 2) if _norm(n) else 0.0),
        ),
        "zero_by_zero": Mistake(
            "0 / 0 where both gradients vanish: two zeros are equal, their relative error is 0.",
            _checked(error=lambda g, n: float(np.float64(_norm(g - n)) / np.float64(_norm(g) + _norm(n)))),
        ),
        "signed": Mistake(
            "the largest difference lacks its absolute value.", _checked(largest=lambda d: float(d.max()))
        ),
        "mean_difference": Mistake(
            "the mean difference stands in place of the largest.", _checked(largest=lambda d: float(np.abs(d).mean()))
        ),
        "name_without_d": Mistake('the name of a row is that of the gradient: "dW", not "W".', _checked(prefix="")),
        "inverted": Mistake(
            "passed is inverted: it is True where the error is at most the tolerance.", _checked(compare=operator.gt)
        ),
        "below_tolerance": Mistake(
            "passed also where the error equals the tolerance: at most is <=, not <.", _checked(compare=operator.lt)
        ),
        "close_not_exact": Mistake(
            "exact says whether the two are equal in every bit (np.array_equal), not whether they are close.",
            _checked(exact=np.allclose),
        ),
        "every_array": Mistake(
            "gradients need not hold one for every array: an array without a gradient is not checked.",
            _checked(listed=lambda arrays, gradients: list(arrays)),
        ),
        "order_of_gradients": Mistake(
            "the rows stand in the order of `gradients`; they are asked for in the order of `arrays`.",
            _checked(listed=lambda arrays, gradients: [name[1:] for name in gradients]),
        ),
        "largest_element": Mistake(
            "this is the largest relative error of a single element: the norms are taken over the whole array first.",
            _checked(error=_of_elements),
        ),
        "step_ignored": Mistake("`step` is ignored.", _checked(default_step=True)),
        "tolerance_ignored": Mistake("`tolerance` is ignored.", _checked(default_tolerance=True)),
        "first_only": Mistake("only one array is checked: is the return inside the loop?", _checked(first=True)),
    },
    parts=(Part("the rows"),),
)

EXERCISES = (OUTPUT, CELL, BACKWARD, CHECK)
