"""Known mistakes of lesson 4, `rnn_backward`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.lessons.exercise import Mistake
from seqlib import rnn_backward, rnn_cell_backward

Gradients = dict[str, Any]


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


BACKWARD = {
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
    "last_left_out": Mistake("the last step is missing: the loop starts at t = T_x - 1.", _variant(left_out="last")),
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
}
