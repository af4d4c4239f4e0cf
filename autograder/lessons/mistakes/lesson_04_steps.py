"""Known mistakes of lesson 4, `rnn_backward`."""

from __future__ import annotations

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
    steps: int | None = None,
    handed: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda before, da_prev: da_prev,
    border: Callable[[int, int, int], bool] = lambda t, steps, T_x: (t + 1) % steps == 0,
    own_cut: bool = False,
    stop: Callable[[int, int, int], bool] = lambda t, steps, T_x: False,
    fed: Callable[[int, int], int | None] = lambda t, T_x: t,
    last_twice: bool = False,
    add: bool = True,
    order: str = "backward",
    left_out: int | None = None,
    after: Callable[[int], int] = lambda t: t + 1,
    before: Callable[[int], int] = lambda t: t,
    inputs: Callable[[int], int] = lambda t: t,
    da0_of: str = "da_prev",
) -> Gradients:
    """A wrong `rnn_backward`: the right one with one of its ingredients replaced."""
    states, x, params, _ = caches
    T_x = x.shape[2]
    total: Gradients = {"d" + name: np.zeros_like(params[name]) for name in ("Wax", "Waa", "ba")}
    dx, back = np.zeros_like(x), np.zeros_like(da[:, :, 0])
    da0 = back
    if last_twice:
        back = da[:, :, -1]
    in_order = [t for t in range(T_x) if left_out is None or t != left_out % T_x]
    for t in in_order if order == "forward" else reversed(in_order):
        if steps is not None and stop(t, steps, T_x):
            break
        cut = steps is not None and border(t, steps, T_x)
        back = 0 * back if cut else back
        own = fed(t, T_x)
        da_next = back + (0 if own is None or (cut and own_cut) else da[:, :, own])
        step = rnn_cell_backward(da_next, (states[:, :, after(t)], states[:, :, before(t)], x[:, :, inputs(t)], params))
        dx[:, :, t] = step["dx_t"]
        back = handed(back, step["da_prev"])
        da0 = {"da_prev": step["da_prev"], "da_next": da_next, "handed": back}[da0_of]
        for name in total:
            total[name] = total[name] + step[name] if add else step[name]
    return {"dx": dx, "da0": da0, **total}


def _too_many_steps(which: str) -> Callable[..., Any]:
    return lambda da, caches, *, steps=None: (da if which == "da" else caches[0])[:, :, caches[0].shape[2]]


def _whole_caches(da_first: bool) -> Callable[..., Any]:
    """What comes of `rnn_cell_backward(da_next, caches)`, by the order in which the cell writes its first product."""

    def wrong(da: np.ndarray, caches: tuple[Any, ...], *, steps: int | None = None) -> Any:
        states, mask = caches[0], caches[3]
        slope = 1 - states**2
        dz = da[:, :, -1] * slope if da_first else slope * da[:, :, -1]  # raises, unless m = T_x + 1 or m = n_a = 1
        return mask["Wax"].T @ dz

    return wrong


def _dba_of_one_step(da: np.ndarray, caches: tuple[Any, ...], *, steps: int | None = None) -> Gradients:
    return {**_loop(da, caches, steps=steps), "dba": _loop(da, caches, steps=steps, add=False)["dba"]}


def _variant(**changes: Any) -> Callable[..., Gradients]:
    return lambda da, caches, *, steps=None: _loop(da, caches, steps=steps, **changes)


def _result(**changes: Callable[[Any, np.ndarray], Any]) -> Callable[..., Gradients]:
    """A wrong `rnn_backward`: results of the right one changed by (right, da)."""

    def wrong(da: np.ndarray, caches: tuple[Any, ...], *, steps: int | None = None) -> Gradients:
        right = rnn_backward(da, caches, steps=steps)
        return {**right, **{name: change(right[name], da) for name, change in changes.items()}}

    return wrong


def _dwaa_without_first(da: np.ndarray, caches: tuple[Any, ...], *, steps: int | None = None) -> Gradients:
    states, *others = caches
    states = states.copy()
    states[:, :, 0] = 0
    return rnn_backward(da, (states, *others), steps=steps)


LOOP = {
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
        _variant(last_twice=True),
    ),
    "inputs_shifted": Mistake(
        "step t gets x[:, :, t - 1]: its input is x[:, :, t]; only the states are counted from a<0>.",
        _variant(inputs=lambda t: t - 1),
    ),
    "dba_set": Mistake("db_a is set instead of added: the same bias serves all steps.", _dba_of_one_step),
    "dWaa_without_first": Mistake(
        "the first step's part of dW_aa is left out: a<0> is a state like the others, and need not be zeros.",
        _dwaa_without_first,
    ),
    "state_for_every_step": Mistake(
        "there are T_x + 1 states and T_x steps: the loop runs over the steps.",
        _too_many_steps("states"),
    ),
    "da_for_every_state": Mistake(
        "there are T_x + 1 states and T_x steps: the loop runs over the steps.",
        _too_many_steps("da"),
    ),
    "last_da_only": Mistake(
        "only the last step's da is used: da[:, :, t] is added at every step.",
        _variant(fed=lambda t, T_x: t if t == T_x - 1 else None),
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
        _variant(after=lambda t: t, before=lambda t: t - 1),
    ),
    "states_shifted_but_first": Mistake(
        "the states are one step too early: step t made states[:, :, t + 1] from states[:, :, t], and the first step is no exception.",
        _variant(after=lambda t: t, before=lambda t: max(t - 1, 0)),
    ),
    "same_state_twice": Mistake(
        "states[:, :, t] stands for both states: it went into step t, and states[:, :, t + 1] came out.",
        _variant(after=lambda t: t),
    ),
    "new_state_twice": Mistake(
        "states[:, :, t + 1] stands for both states: it came out of step t, and states[:, :, t] went in.",
        _variant(before=lambda t: t + 1),
    ),
    "states_swapped": Mistake(
        "the two states are swapped: states[:, :, t] went into step t, and states[:, :, t + 1] came out (a_next).",
        _variant(after=lambda t: t, before=lambda t: t + 1),
    ),
    "da_early": Mistake(
        "step t gets da[:, :, t - 1]: da has no entry for a<0>, so the gradient of its own output is da[:, :, t].",
        _variant(fed=lambda t, T_x: t - 1),
    ),
    "all_steps_in_cell": Mistake(
        "the arrays of all steps go into the cell: rnn_cell_backward undoes one step, so cut that step's states and input out of caches.",
        _whole_caches(da_first=True),
    ),
    "all_steps_in_cell_first": Mistake(
        "arrays of all steps go into the cell: rnn_cell_backward undoes one step, so cut that step's states and input out of caches.",
        _whole_caches(da_first=False),
    ),
    "none_indexed": Mistake(
        "something that is None is indexed: mask, the last of `caches`, where the whole `caches` goes into the cell instead of the cache of one step; or the result of your cell, where that returns nothing.",
        lambda da, caches, *, steps=None: caches[3]["Wax"],
    ),
    "first_left_out": Mistake(
        "the first step is missing: the loop ends at t = 0, range(T_x - 1, -1, -1).", _variant(left_out=0)
    ),
    "last_left_out": Mistake("the last step is missing: the loop starts at t = T_x - 1.", _variant(left_out=-1)),
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


def _whole(wrong: Callable[..., Any]) -> Callable[..., Any]:
    return lambda da, caches, *, steps=None: wrong(da, caches)


# Most learners write the loop first and `steps` last: until then, a mistake in the loop is named as well.
UNTRUNCATED = {
    f"{name}_and_steps": Mistake(f"{mistake.message} And `steps` is ignored.", _whole(mistake.function))
    for name, mistake in LOOP.items()
    if name not in ("not_carried", "none_indexed") and not name.startswith(("all_steps", "state_for", "da_for"))
}

_BORDER = "the border is one step off: a block ends with the steps t for which t + 1 is a multiple of `steps`, t counted from 0."

TRUNCATION = {
    "steps_ignored": Mistake(
        "`steps` is ignored: what comes back must not cross from a block into the one before.",
        _variant(border=lambda t, steps, T_x: False),
    ),
    "blocks_from_the_end": Mistake(
        "the blocks are counted from the last step: they are counted from the first, so that the last one may be shorter.",
        _variant(border=lambda t, steps, T_x: (T_x - 1 - t) % steps == 0),
    ),
    "border_early": Mistake(_BORDER, _variant(border=lambda t, steps, T_x: t % steps == 0)),
    "border_before": Mistake(_BORDER, _variant(border=lambda t, steps, T_x: (t + 2) % steps == 0)),
    "last_block_only": Mistake(
        "only the last block is gone through: every block gets gradients from its own outputs, and all of them are added.",
        _variant(stop=lambda t, steps, T_x: (t + 1) % steps == 0 and t < T_x - 1),
    ),
    "last_steps_only": Mistake(
        "only the last `steps` steps are gone through: every block gets gradients from its own outputs, and all of them are added.",
        _variant(border=lambda t, steps, T_x: False, stop=lambda t, steps, T_x: t < T_x - steps),
    ),
    "own_gradient_cut": Mistake(
        "at the end of a block da[:, :, t] is cut as well: only what comes back from the next block is.",
        _variant(own_cut=True),
    ),
    "da0_cut": Mistake(
        "da0 is cut off with `steps`: there is no block before the first, so da0 is the da_prev of the first step as always.",
        lambda da, caches, *, steps=None: (
            rnn_backward(da, caches, steps=steps) | ({} if steps is None else {"da0": np.zeros_like(da[:, :, 0])})
        ),
    ),
}

BACKWARD = LOOP | UNTRUNCATED | TRUNCATION
