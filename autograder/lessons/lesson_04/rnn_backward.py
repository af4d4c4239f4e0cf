"""`rnn_backward`: backpropagation through time, and its truncation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, rnn_parameters
from autograder.lessons.lesson_04.rnn_cell_backward import rnn_cell_backward
from seqlib import rnn_forward


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, m, T_x, steps in (
        ("n_x = 3, n_a = 5, m = 2, T_x = 4", 3, 5, 2, 4, None),
        ("one example of one step (m = 1, T_x = 1)", 2, 3, 1, 1, None),
        ("n_x = 2, n_a = 3, m = 6, T_x = 6, steps = 4", 2, 3, 6, 6, 4),  # the last block is shorter
        ("T_x = 5, steps = 2", 2, 3, 2, 5, 2),
        ("T_x = 3, steps = 1", 2, 3, 2, 3, 1),
    ):
        x, a0 = 0.5 * rng.normal(size=(n_x, m, T_x)), 0.5 * rng.normal(size=(n_a, m))
        caches = rnn_forward(x, a0, rnn_parameters(rng, n_x, n_a, 2))[2]
        kwargs = {} if steps is None else {"steps": steps}
        yield Inputs(
            label,
            (rng.normal(size=(n_a, m, T_x)), caches),
            kwargs,
            aspect="steps" if steps else label,
            unusual=steps in (1, 2),
        )


def rnn_backward(da: np.ndarray, caches: Any, *, steps: int | None = None) -> dict[str, Any]:
    states, x, params, mask = caches
    T_x = x.shape[2]
    dx = np.zeros(x.shape)
    total = {"d" + name: np.zeros(params[name].shape) for name in ("Wax", "Waa", "ba")}
    da_prev = np.zeros(da[:, :, 0].shape)  # (n_a, m)
    for t in reversed(range(T_x)):
        if steps is not None and (t + 1) % steps == 0:
            da_prev = np.zeros(da_prev.shape)
        da_next = da_prev + da[:, :, t]
        step = rnn_cell_backward(da_next, (states[:, :, t + 1], states[:, :, t], x[:, :, t], params))
        dx[:, :, t], da_prev = step["dx_t"], step["da_prev"]
        for name in total:
            total[name] = total[name] + step[name]
    return {"dx": dx, "da0": da_prev, **total}


def _all_steps_in_cell(da: np.ndarray, caches: Any, *, steps: int | None = None) -> Any:
    """What comes of `rnn_cell_backward(da_next, caches)` where the cell writes da_next first in its product."""
    states, _, _, mask = caches
    dz = da[:, :, -1] * (1 - states**2)  # raises, unless m = T_x + 1 or m = n_a = 1
    return mask["Wax"].T @ dz


LOOP, CUT, BLOCK = "reversed(range(T_x))", "da_prev = np.zeros(da_prev.shape)", "(t + 1) % steps == 0"
CACHE, STATES, OWN = (
    "(states[:, :, t + 1], states[:, :, t], x[:, :, t], params)",
    "states[:, :, t + 1], states[:, :, t],",
    "da[:, :, t]",
)
FROM_ZERO = (
    '{"d" + name: np.zeros(params[name].shape) for name in ("Wax", "Waa", "ba")}',
    'dict.fromkeys(("dWax", "dWaa", "dba"), 0)',
)
NEXT, DA0 = "da_next = da_prev", '"da0": da_prev'
EVERY_STEP = "there are T_x + 1 states and T_x steps: the loop runs over the steps."
ALL_STEPS = "arrays of all steps go into the cell: rnn_cell_backward takes one step, so cut that step's states and input out of caches."

# fmt: off
LOOP_MISTAKES = {
    "not_carried": Mistake("da_prev of a step is not handed on: a<t> gets a gradient from its own output and from step t + 1; add both.",
        ("da_prev + da[", "da[")),
    "summed_up": Mistake("the gradient from the next step is added up over all later steps (+=): the next step gets the da_prev of this one alone.",
        ('step["dx_t"], step', 'step["dx_t"], da_prev + step')),
    "last_da_twice": Mistake("the last step's da is counted twice: no step follows the last one, so start from zeros.",
        ("np.zeros(da[:, :, 0].shape)", "da[:, :, -1]")),
    "inputs_shifted": Mistake("step t gets x[:, :, t - 1]: its input is x[:, :, t]; only the states are counted from a<0>.",
        ("x[:, :, t], params", "x[:, :, t - 1], params")),
    "dba_set": Mistake("db_a is set instead of added: the same bias serves all steps.", ("**total}", '**total, "dba": step["dba"]}')),
    "dWaa_without_first": Mistake("the first step's part of dW_aa is left out: a<0> is a state like the others, and need not be zeros.",
        ("states[:, :, t],", "states[:, :, t] * (t > 0),")),
    "state_for_every_step": Mistake(EVERY_STEP, (LOOP, "reversed(range(T_x + 1))"), (NEXT, f"states[:, :, t + 1]\n        {NEXT}")),
    "da_for_every_state": Mistake(EVERY_STEP, (LOOP, "reversed(range(T_x + 1))")),
    "last_da_only": Mistake("only the last step's da is used: da[:, :, t] is added at every step.", (OWN, f"{OWN} * (t == T_x - 1)")),
    "not_added": Mistake("the gradients of the weights are set instead of added: the same weights serve all steps.", ("total[name] + ", "")),
    "forward_in_time": Mistake("the loop runs from the first step to the last: the backward pass starts at T_x - 1.", (LOOP, "range(T_x)")),
    "states_shifted": Mistake("the states are one step too early: states[:, :, 0] is a<0>, so step t made states[:, :, t + 1] from states[:, :, t].",
        (STATES, "states[:, :, t], states[:, :, t - 1],")),
    "states_shifted_but_first": Mistake("the states are one step too early: step t made states[:, :, t + 1] from states[:, :, t], and the first step is no exception.",
        (STATES, "states[:, :, t], states[:, :, max(t - 1, 0)],")),
    "same_state_twice": Mistake("states[:, :, t] stands for both states: it went into step t, and states[:, :, t + 1] came out.",
        (STATES, "states[:, :, t], states[:, :, t],")),
    "new_state_twice": Mistake("states[:, :, t + 1] stands for both states: it came out of step t, and states[:, :, t] went in.",
        (STATES, "states[:, :, t + 1], states[:, :, t + 1],")),
    "states_swapped": Mistake("the two states are swapped: states[:, :, t] went into step t, and states[:, :, t + 1] came out (a_next).",
        (STATES, "states[:, :, t], states[:, :, t + 1],")),
    "da_early": Mistake("step t gets da[:, :, t - 1]: da has no entry for a<0>, so the gradient of its own output is da[:, :, t].", (OWN, "da[:, :, t - 1]")),
    "all_steps_in_cell": Mistake(f"the {ALL_STEPS}", _all_steps_in_cell),
    "all_steps_in_cell_first": Mistake(ALL_STEPS, (CACHE, "caches")),
    "none_indexed": Mistake("something that is None is indexed: mask, the last of `caches`, where the whole `caches` goes into the cell instead of the cache of one step; or the result of your cell, where that returns nothing.",
        ("x.shape[2]", 'mask["Wax"]')),
    "first_left_out": Mistake("the first step is missing: the loop ends at t = 0, range(T_x - 1, -1, -1).", (LOOP, "range(T_x - 1, 0, -1)")),
    "first_left_out_of_nothing": Mistake("the first step is missing: the loop ends at t = 0, range(T_x - 1, -1, -1); a sequence of one step is not gone through at all.",
        (LOOP, "range(T_x - 1, 0, -1)"), FROM_ZERO),
    "caches_by_step": Mistake("caches[t] is not the cache of step t: `caches` holds the arrays of all steps, so cut that step's states and input out of them.",
        (CACHE, "caches[t]")),
    "caches_by_step_backwards": Mistake("`caches` does not hold one cache for each step: it has the arrays of all steps, so cut each step's states and input out of them.",
        (LOOP, "reversed(range(len(caches)))"), (CACHE, "caches[t]")),
    "input_second_axis": Mistake("x[:, t, :] is example t at all steps: time is the last axis, so step t is x[:, :, t].",
        ("x[:, :, t], params", "x[:, t, :], params")),  # raises, unless m = T_x
    "dx_reshaped": Mistake("time was the first axis of dx, which was then given another shape: reshape fills in the numbers anew; np.stack(..., axis=2) or np.moveaxis moves an axis.",
        ('"dx": dx', '"dx": np.moveaxis(dx, 2, 0).reshape(dx.shape)')),
    "last_left_out": Mistake("the last step is missing: the loop starts at t = T_x - 1.", (LOOP, "reversed(range(T_x - 1))")),
    "da0_zeros": Mistake("da0 stays zero: it is the da_prev of the first step.", (DA0, '"da0": 0 * da_prev')),
    "da0_of_first_state": Mistake("da0 is the gradient of a<1>, which goes into the first step's cell; that of a<0> is the da_prev which comes out.",
        (DA0, '"da0": da_next')),
    "da0_with_own": Mistake("da[:, :, 0] is added to da0: it belongs to a<1>; a<0> has no output of its own.", (DA0, f"{DA0} + da[:, :, 0]")),
    "time_first": Mistake("time is the first axis of dx; here it is the last: (n_x, m, T_x).", ('"dx": dx', '"dx": np.moveaxis(dx, 2, 0)')),
    "dx_reversed": Mistake("dx is in the reversed order of time: dx[:, :, t] belongs to x[:, :, t].", ('"dx": dx', '"dx": dx[:, :, ::-1]')),
    "mean_over_steps": Mistake("the gradients of the weights are divided by T_x: the loss of a sequence is a sum over its steps.",
        ("**total", "**{name: value / T_x for name, value in total.items()}")),
    "mean_over_examples": Mistake("the gradients of the weights are divided by m: the 1/m of the cost is already in da.",
        ("**total", "**{name: value / da.shape[1] for name, value in total.items()}")),
}
IGNORED = ("steps is not None", "False")
# Most learners write the loop first and `steps` last: until then, a mistake in the loop is named as well.
UNTRUNCATED = {
    f"{name}_and_steps": Mistake(f"{mistake.message} And `steps` is ignored.", *mistake.edits, IGNORED)
    for name, mistake in LOOP_MISTAKES.items()
    if name not in ("not_carried", "none_indexed") and not name.startswith(("all_steps", "state_for", "da_for", "caches_by"))
}
BORDER = "the border is one step off: a block ends with the steps t for which t + 1 is a multiple of `steps`, t counted from 0."
TRUNCATION = {
    "steps_ignored": Mistake("`steps` is ignored: the gradient must not cross from a block into the one before.", IGNORED),
    "blocks_from_the_end": Mistake("the blocks are counted from the last step: they are counted from the first, so that the last one may be shorter.",
        (BLOCK, "(T_x - 1 - t) % steps == 0")),
    "border_early": Mistake(BORDER, (BLOCK, "t % steps == 0")),
    "border_before": Mistake(BORDER, (BLOCK, "(t + 2) % steps == 0")),
    "first_step_not_cut": Mistake("nothing is cut at t = 0, where with steps = 1 the first block ends: only what is before the first block stays as it is, and t = 0 is in it.",
        (BLOCK, f"{BLOCK} and t > 0")),
    "first_border_only": Mistake("the gradient is cut once, at the end of the first block: it is cut at the end of every block.", (BLOCK, "t + 1 == steps")),
    "last_border_only": Mistake("the gradient is cut once, in front of the last block: it is cut at the end of every block.",
        (BLOCK, "t + 1 == (T_x - 1) // steps * steps")),
    "last_block_only": Mistake("only the last block is gone through: every block gets gradients from its own outputs, and all of them are added.",
        (CUT, f"if t < T_x - 1:\n                break\n            {CUT}")),
    "last_steps_only": Mistake("only the last `steps` steps are gone through: every block gets gradients from its own outputs, and all of them are added.",
        (BLOCK, "t < T_x - steps"), (CUT, "break")),
    "own_gradient_cut": Mistake("at the end of a block da[:, :, t] is cut as well: only the gradient from the next block is.",
        (OWN, "(da[:, :, t] if steps is None or (t + 1) % steps else 0)")),
    "state_cut": Mistake("the state from which a block starts is set to zero: only the gradient stops there; a<t-1> is still what the forward pass made, and has its share in dW_aa.",
        (STATES, "states[:, :, t + 1], states[:, :, t] * (steps is None or t % steps > 0 or t == 0),")),
    "da0_cut": Mistake("da0 is cut off with `steps`: there is no block before the first, so da0 is the da_prev of the first step as always.",
        (DA0, f"{DA0} if steps is None else 0 * da_prev")),
}
# fmt: on

EXERCISE = Exercise(
    right=rnn_backward,
    draw=draw,
    visible=2,
    hidden=4,
    follow=("rnn_cell_backward",),
    mistakes=LOOP_MISTAKES | UNTRUNCATED | TRUNCATION,
    parts=(
        Part("dx", "dx", 1, ("n_x", "m", "T_x")),
        Part("da0", "da0", 1, ("n_a", "m")),
        Part("dWax", "dWax", 1, ("n_a", "n_x")),
        Part("dWaa", "dWaa", 1, ("n_a", "n_a")),
        Part("dba", "dba", 1, ("n_a", "1")),
    ),
)
