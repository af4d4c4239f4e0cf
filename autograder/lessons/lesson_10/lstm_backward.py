"""`lstm_backward`: backpropagation through time, along the state and along the memory cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, gradient_parts, lstm_parameters
from autograder.lessons.lesson_10.lstm_cell_backward import lstm_cell_backward
from seqlib import lstm_forward

NAMES = tuple(f"{kind}{gate}" for gate in "fuco" for kind in "Wb")


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, m, T_x in (
        ("n_x = 2, n_a = 4, m = 3, T_x = 5", 2, 4, 3, 5),
        ("one step (T_x = 1), dc given", 3, 2, 4, 1),
        ("one example (m = 1), dc given", 4, 3, 1, 6),
        ("one unit, one input", 1, 1, 2, 3),
    ):
        x, (a0, c0) = 0.7 * rng.normal(size=(n_x, m, T_x)), 0.8 * rng.normal(size=(2, n_a, m))
        da, dc = rng.normal(size=(2, n_a, m, T_x))
        # a step without an input, without a loss, or with a 0 in its dc, is a step like any other
        x[:, :, 3:4], da[:, :, 1:2], dc[0, 0, 1:] = 0, 0, 0
        caches = lstm_forward(x, a0, lstm_parameters(rng, n_x, n_a, 2), c0=c0)[3]
        kwargs = {"dc": dc} if "dc" in label else {}
        yield Inputs(label, (da, caches), kwargs, aspect="dc" if kwargs else "no dc", unusual=n_a == 1)


def lstm_backward(da: np.ndarray, caches: Any, *, dc: np.ndarray | None = None) -> dict[str, Any]:
    states, cells, gates, x, params, mask = caches
    T_x = x.shape[2]
    dx = np.zeros(x.shape)
    total = {"d" + name: np.zeros(params[name].shape) for name in NAMES}
    da_prev, dc_prev = np.zeros(da[:, :, 0].shape), np.zeros(da[:, :, 0].shape)  # (n_a, m)
    for t in reversed(range(T_x)):
        da_next = da_prev + da[:, :, t]
        dc_next = dc_prev if dc is None else dc_prev + dc[:, :, t]
        before = (states[:, :, t], cells[:, :, t])
        cache = (states[:, :, t + 1], cells[:, :, t + 1], *before, *gates[:, :, :, t], x[:, :, t], params)
        step = lstm_cell_backward(da_next, dc_next, cache)
        dx[:, :, t], da_prev, dc_prev = step["dx_t"], step["da_prev"], step["dc_prev"]
        for name in total:
            total[name] = total[name] + step[name]
    return {"dx": dx, "da0": da_prev, "dc0": dc_prev, **total}


LOOP, DA_NEXT, DC_NEXT = (
    "reversed(range(T_x))",
    "da_next = da_prev + da[:, :, t]",
    "dc_prev if dc is None else dc_prev + dc[:, :, t]",
)
AFTER, BEFORE = "(states[:, :, t + 1], cells[:, :, t + 1], *before", "before = (states[:, :, t], cells[:, :, t])"
CARRIED = 'dx[:, :, t], da_prev, dc_prev = step["dx_t"], step["da_prev"], step["dc_prev"]'
DA0, DC0 = '"da0": da_prev', '"dc0": dc_prev'

# fmt: off
MISTAKES = {
    "da_not_carried": Mistake("da_prev of a step is not handed on: a<t> gets a gradient from its own output and from step t + 1; add both.", (DA_NEXT, "da_next = da[:, :, t]")),
    "dc_not_carried": Mistake("dc_prev of a step is not handed on: c<t> gets a gradient from step t + 1, which used it as its c_prev.",
        (DC_NEXT, "0 * dc_prev if dc is None else dc[:, :, t]")),
    "neither_carried": Mistake("nothing is handed on from step t + 1 to step t: da_prev and dc_prev of one step belong to the gradients of the step before.",
        (DA_NEXT, "da_next = da[:, :, t]"), (DC_NEXT, "0 * dc_prev if dc is None else dc[:, :, t]")),
    "swapped_on_the_way": Mistake("da_prev and dc_prev change places from step to step.", (CARRIED, 'dx[:, :, t], da_prev, dc_prev = step["dx_t"], step["dc_prev"], step["da_prev"]')),
    "summed_up": Mistake("the gradients from the next step are added up over all later steps (+=): the next step gets the da_prev and dc_prev of this one alone.",
        (CARRIED, 'dx[:, :, t], da_prev, dc_prev = step["dx_t"], da_prev + step["da_prev"], dc_prev + step["dc_prev"]')),
    "dc_ignored": Mistake("`dc` is ignored: where it is given, dc[:, :, t] is added at every step.", (DC_NEXT, "dc_prev")),
    "dc_needed": Mistake("dc is used although it may be None: then nothing is added to what comes from the next step.", (DC_NEXT, "dc_prev + dc[:, :, t]")),
    "dc_with_a_zero": Mistake("a dc with a 0 in it is taken for none: ask `dc is None`, not for its numbers.", (DC_NEXT, "dc_prev if dc is None or not dc[:, :, t].all() else dc_prev + dc[:, :, t]")),
    "zero_da_skipped": Mistake("a step whose da is 0 is left out: what the later steps send back goes through it all the same.", (f"{LOOP}:\n", f"{LOOP}:\n        if not da[:, :, t].any():\n            continue\n")),
    "zero_inputs_skipped": Mistake("a step whose inputs are all 0 is left out, as if it were padding: there is no padding here.", (f"{LOOP}:\n", f"{LOOP}:\n        if not x[:, :, t].any():\n            continue\n")),
    "squeezed": Mistake("np.squeeze and reshape(-1) take away axes of length 1 as well, such as that of a single unit: keep (n_a, m).", (DA0, '"da0": da_prev.squeeze(axis=0) if len(da_prev) == 1 else da_prev'), (DC0, '"dc0": dc_prev.squeeze(axis=0) if len(dc_prev) == 1 else dc_prev')),
    "dc_last_only": Mistake("only the last step's dc is used: dc[:, :, t] is added at every step.", (DC_NEXT, "dc_prev if dc is None else dc_prev + dc[:, :, t] * (t == T_x - 1)")),
    "dc_alone": Mistake("where dc is given, what comes from the next step is lost: add both, dc_prev + dc[:, :, t].", (DC_NEXT, "dc_prev if dc is None else dc[:, :, t]")),
    "da_into_c": Mistake("da[:, :, t] is added to the memory cell's gradient as well: it belongs to a<t>; c<t> gets its share inside the cell.",
        (DC_NEXT, "dc_prev + da[:, :, t] + (0 if dc is None else dc[:, :, t])")),
    "last_da_only": Mistake("only the last step's da is used: da[:, :, t] is added at every step.", (DA_NEXT, f"{DA_NEXT} * (t == T_x - 1)")),
    "last_da_twice": Mistake("the last step's da is counted twice: no step follows the last one, so start from zeros.",
        ("da_prev, dc_prev = np.zeros(da[:, :, 0].shape)", "da_prev, dc_prev = da[:, :, -1]")),
    "forward_in_time": Mistake("the loop runs from the first step to the last: the backward pass starts at T_x - 1.", (LOOP, "range(T_x)")),
    "first_left_out": Mistake("the first step is missing: the loop ends at t = 0, range(T_x - 1, -1, -1).", (LOOP, "range(T_x - 1, 0, -1)")),
    "last_left_out": Mistake("the last step is missing: the loop starts at t = T_x - 1.", (LOOP, "reversed(range(T_x - 1))")),
    "every_state": Mistake("there are T_x + 1 states and cells, and T_x steps: the loop runs over the steps.", (LOOP, "reversed(range(T_x + 1))")),
    "states_early": Mistake("states and cells are one step too early: states[:, :, 0] is a<0>, so step t made states[:, :, t + 1] from states[:, :, t].",
        (AFTER, "(states[:, :, t], cells[:, :, t], *before"), (BEFORE, "before = (states[:, :, t - 1], cells[:, :, t - 1])")),
    "states_swapped": Mistake("what went into a step and what came out have changed places: states[:, :, t] went in, states[:, :, t + 1] came out.",
        (AFTER, "(states[:, :, t], cells[:, :, t], *before"), (BEFORE, "before = (states[:, :, t + 1], cells[:, :, t + 1])")),
    "same_twice": Mistake("cells[:, :, t] stands for the new memory cell as well: it went into step t; cells[:, :, t + 1], and states[:, :, t + 1], came out.",
        (AFTER, "(states[:, :, t], cells[:, :, t], *before")),
    "new_twice": Mistake("states[:, :, t + 1] and cells[:, :, t + 1] stand for both: they came out of step t; states[:, :, t] and cells[:, :, t] went in.",
        (BEFORE, "before = (states[:, :, t + 1], cells[:, :, t + 1])")),
    "cells_early": Mistake("the memory cells are one step too early: cells has c<0> in front, as states has a<0>, so step t made cells[:, :, t + 1] from cells[:, :, t].",
        (AFTER, "(states[:, :, t + 1], cells[:, :, t], *before"), (BEFORE, "before = (states[:, :, t], cells[:, :, t - 1])")),
    "a_and_c_swapped": Mistake("states and cells have changed places in the cache: it begins a_next, c_next, a_prev, c_prev.",
        (AFTER, "(cells[:, :, t + 1], states[:, :, t + 1], *before"), (BEFORE, "before = (cells[:, :, t], states[:, :, t])")),
    "states_then_cells": Mistake("the cache is in another order: a_next, c_next, a_prev, c_prev, not a_next, a_prev, c_next, c_prev.",
        (AFTER, "(states[:, :, t + 1], states[:, :, t], cells[:, :, t + 1], cells[:, :, t]")),
    "gates_late": Mistake("the gates are those of another step: gates has no entry for a step 0, so step t has gates[:, :, :, t].",
        ("*gates[:, :, :, t]", "*gates[:, :, :, min(t + 1, T_x - 1)]")),
    "output_and_candidate_swapped": Mistake("the output gate and the candidate have changed places: gates holds gamma_f, gamma_u, gamma_o, c_tilde in this order, and so does the cache.",
        ("*gates[:, :, :, t]", "*gates[[0, 1, 3, 2], :, :, t]")),
    "forget_and_update_swapped": Mistake("the forget and the update gate have changed places: gates holds gamma_f, gamma_u, gamma_o, c_tilde in this order, and so does the cache.",
        ("*gates[:, :, :, t]", "*gates[[1, 0, 2, 3], :, :, t]")),
    "old_cell_is_new": Mistake("cells[:, :, t + 1] stands for the old memory cell as well: c_prev is cells[:, :, t].", (BEFORE, "before = (states[:, :, t], cells[:, :, t + 1])")),
    "old_state_is_new": Mistake("states[:, :, t + 1] stands for the old state as well: a_prev is states[:, :, t].", (BEFORE, "before = (states[:, :, t + 1], cells[:, :, t])")),
    "gates_whole": Mistake("the gates go into the cache as one array: it holds gamma_f, gamma_u, gamma_o, c_tilde one after the other (*gates[:, :, :, t]).",
        ("*gates[:, :, :, t]", "gates[:, :, :, t]")),
    "gates_reversed": Mistake("the gates are in another order in the cache: gamma_f, gamma_u, gamma_o, c_tilde, as gates has them.", ("*gates[:, :, :, t]", "*gates[::-1, :, :, t]")),
    "inputs_late": Mistake("step t gets x[:, :, t - 1]: its input is x[:, :, t]; only states and cells are counted from <0>.", ("x[:, :, t], params", "x[:, :, t - 1], params")),
    "da_early": Mistake("step t gets da[:, :, t - 1]: da has no entry for a<0>, so the gradient of its own output is da[:, :, t].", (DA_NEXT, "da_next = da_prev + da[:, :, t - 1]")),
    "not_added": Mistake("the gradients of the weights are set instead of added: the same weights serve all steps.", ("total[name] + ", "")),
    "mean_over_steps": Mistake("the gradients of the weights are divided by T_x: the loss of a sequence is a sum over its steps.",
        ("**total", "**{name: value / T_x for name, value in total.items()}")),
    "mean_over_examples": Mistake("the gradients of the weights are divided by m: the 1/m of the cost is already in da.",
        ("**total", "**{name: value / da.shape[1] for name, value in total.items()}")),
    "dx_reversed": Mistake("dx is in the reversed order of time: dx[:, :, t] belongs to x[:, :, t].", ('"dx": dx', '"dx": dx[:, :, ::-1]')),
    "time_first": Mistake("time is the first axis of dx; here it is the last: (n_x, m, T_x).", ('"dx": dx', '"dx": np.moveaxis(dx, 2, 0)')),
    "da0_zeros": Mistake("da0 stays zero: it is the da_prev of the first step.", (DA0, '"da0": 0 * da_prev')),
    "dc0_zeros": Mistake("dc0 stays zero: it is the dc_prev of the first step.", (DC0, '"dc0": 0 * dc_prev')),
    "da0_of_first_state": Mistake("da0 is the gradient of a<1>, which goes into the first step's cell; that of a<0> is the da_prev which comes out.", (DA0, '"da0": da_next')),
    "dc0_of_first_cell": Mistake("dc0 is the gradient of c<1>, which goes into the first step's cell; that of c<0> is the dc_prev which comes out.", (DC0, '"dc0": dc_next')),
    "firsts_swapped": Mistake("da0 and dc0 have changed places: da0 belongs to the state, dc0 to the memory cell.", (DA0, '"da0": dc_prev'), (DC0, '"dc0": da_prev')),
    **{
        f"{name}_set": Mistake(f"d{name} is that of one step only: the steps' gradients are added, for every weight and bias.", ("**total}", f'**total, "d{name}": step["d{name}"]}}'))
        for name in NAMES
    },
}
# fmt: on

EXERCISE = Exercise(
    right=lstm_backward,
    draw=draw,
    visible=2,
    hidden=4,
    follow=("lstm_cell_backward",),
    rtol=1e-8,
    mistakes=MISTAKES,
    parts=(
        Part("dx", "dx", 1, ("n_x", "m", "T_x")),
        Part("da0", "da0", 1, ("n_a", "m")),
        Part("dc0", "dc0", 1, ("n_a", "m")),
        *gradient_parts("fuco", 0.25),
    ),
)
