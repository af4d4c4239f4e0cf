"""`gru_backward`: backpropagation through time with the cell's gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, gradient_parts, gru_parameters
from autograder.lessons.lesson_09.gru_cell_backward import gru_cell_backward
from seqlib import gru_forward


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, m, T_x, reset in (
        ('reset="before", n_x = 3, n_a = 5, m = 2, T_x = 4', 3, 5, 2, 4, "before"),
        ("reset=None, one example (m = 1)", 4, 2, 1, 5, None),
        ('reset="before", one step (T_x = 1)', 2, 3, 4, 1, "before"),
        ('reset="before", one unit, one input', 1, 1, 2, 3, "before"),
    ):
        x, c0 = 0.5 * rng.normal(size=(n_x, m, T_x)), rng.uniform(-1, 1, size=(n_a, m))
        dc = rng.normal(size=(n_a, m, T_x))
        x[:, :, 2:3], dc[:, :, 1:2] = 0, 0  # a step without an input, and one without a loss, are steps like any other
        caches = gru_forward(x, c0, gru_parameters(rng, n_x, n_a, 2, reset), reset)[2]
        yield Inputs(label, (dc, caches), aspect="full" if reset else "simplified", unusual=n_a == 1)


def gru_backward(dc: np.ndarray, caches: Any) -> dict[str, Any]:
    cells, gates, inner, x, params, mask, reset = caches
    T_x = x.shape[2]
    dx = np.zeros(x.shape)
    total = {"d" + name: np.zeros(params[name].shape) for name in params if name not in ("Wy", "by")}
    dc_prev = np.zeros(dc[:, :, 0].shape)  # (n_a, m)
    for t in reversed(range(T_x)):
        dc_next = dc_prev + dc[:, :, t]
        gamma_r = None if reset is None else gates[1, :, :, t]
        before, after = cells[:, :, t], cells[:, :, t + 1]
        gamma_u, c_tilde = gates[0, :, :, t], gates[-1, :, :, t]
        cache = (after, before, gamma_u, gamma_r, c_tilde, x[:, :, t], params, reset)
        step = gru_cell_backward(dc_next, cache)
        dx[:, :, t], dc_prev = step["dx_t"], step["dc_prev"]
        for name in total:
            total[name] = total[name] + step[name]
    return {"dx": dx, "dc0": dc_prev, **total}


LOOP, OWN, NEXT, DC0 = "reversed(range(T_x))", "dc[:, :, t]", "dc_next = dc_prev", '"dc0": dc_prev'
STATES, START = "cells[:, :, t], cells[:, :, t + 1]", "np.zeros(dc[:, :, 0].shape)"
GATES, INPUT = "gates[0, :, :, t], gates[-1, :, :, t]", "c_tilde, x[:, :, t]"
CALL, ADDED = "gru_cell_backward(dc_next, cache)", "total[name] + step[name]"
BY_STEP = "caches[t] is not the cache of step t: `caches` holds the arrays of all steps, so cut that step's memories, gates and input out of them."

# fmt: off
MISTAKES = {
    "not_carried": Mistake("dc_prev of a step is not handed on: c<t> gets a gradient from its own output and from step t + 1; add both.", ("dc_prev + dc[", "dc[")),
    "own_left_out": Mistake("dc[:, :, t] is left out: c<t> gets a gradient from its own output and from step t + 1; add both.", (f"{NEXT} + {OWN}", f"{NEXT} + {OWN} * (t == T_x - 1)")),
    "summed_up": Mistake("the gradient from the next step is added up over all later steps (+=): step t gets the dc_prev of step t + 1 alone.", ('step["dx_t"], step', 'step["dx_t"], dc_prev + step')),
    "last_dc_twice": Mistake("the last step's dc is counted twice: no step follows the last one, so start from zeros.", (START, "dc[:, :, -1]")),
    "not_added": Mistake("the gradients of the weights are set instead of added: the same weights serve all steps.", ("total[name] + ", "")),
    "biases_not_added": Mistake("the gradients of the biases are set instead of added: the same biases serve all steps.", (ADDED, 'step[name] + total[name] * (name[1] == "W")')),
    "mean_over_steps": Mistake("the gradients of the weights are divided by T_x: those of all steps are added.", (ADDED, "total[name] + step[name] / T_x")),
    "forward_in_time": Mistake("the loop runs from the first step to the last: the backward pass starts at T_x - 1.", (LOOP, "range(T_x)")),
    "first_left_out": Mistake("the first step is missing: the loop ends at t = 0, range(T_x - 1, -1, -1).", (LOOP, "range(T_x - 1, 0, -1)")),
    "last_left_out": Mistake("the last step is missing: the loop starts at t = T_x - 1.", (LOOP, "reversed(range(T_x - 1))")),
    "state_for_every_step": Mistake("there are T_x + 1 memories and T_x steps: the loop runs over the steps.", (LOOP, "reversed(range(T_x + 1))")),
    "states_shifted": Mistake("the memories are one step too early: cells[:, :, 0] is c<0>, so step t made cells[:, :, t + 1] from cells[:, :, t].", (STATES, "cells[:, :, t - 1], cells[:, :, t]")),
    "states_swapped": Mistake("c_prev of step t is cells[:, :, t], which went into it: cells[:, :, t + 1] came out and is c_next.", (STATES, "cells[:, :, t + 1], cells[:, :, t]")),
    "gates_swapped": Mistake("gates[0] is Gamma_u, gates[1] Gamma_r: the two are swapped.",
        ("gates[1, :, :, t]", "gates[0, :, :, t]"), (GATES, "gates[0 if reset is None else 1, :, :, t], gates[-1, :, :, t]")),
    "candidate_for_update": Mistake("gates[0] is Gamma_u, and the last is c_tilde: the two are swapped.", (GATES, "gates[-1, :, :, t], gates[0, :, :, t]")),
    "reset_for_candidate": Mistake("c_tilde is the last of the gates, gates[-1]: gates[1] is Gamma_r where there is a reset gate.", (GATES, "gates[0, :, :, t], gates[1, :, :, t]")),
    "always_three_gates": Mistake("with reset=None there are two arrays in `gates`, Gamma_u and c_tilde: take the last one as c_tilde, and None as Gamma_r.", (GATES, "gates[0, :, :, t], gates[2, :, :, t]")),
    "inner_for_candidate": Mistake("`inner` is taken for c_tilde: c_tilde is the last of the gates, and `inner` is not needed.", (GATES, "gates[0, :, :, t], (gates[-1] if inner is None else inner)[:, :, t]")),
    "same_gates": Mistake("every step gets the gates of the first step: those of step t are gates[:, :, :, t].", (GATES, "gates[0, :, :, 0], gates[-1, :, :, 0]"), ("gates[1, :, :, t]", "gates[1, :, :, 0]")),
    "gates_one_late": Mistake("step t gets the gates of step t - 1: only the memories are counted from c<0>.", (GATES, "gates[0, :, :, t - 1], gates[-1, :, :, t - 1]"), ("gates[1, :, :, t]", "gates[1, :, :, t - 1]")),
    "inputs_shifted": Mistake("step t gets x[:, :, t - 1]: its input is x[:, :, t]; only the memories are counted from c<0>.", (INPUT, "c_tilde, x[:, :, t - 1]")),
    "input_second_axis": Mistake("x[:, t, :] is example t at all steps: time is the last axis, so step t is x[:, :, t].", (INPUT, "c_tilde, x[:, t, :]")),
    "dc_early": Mistake("step t gets dc[:, :, t - 1]: dc has no entry for c<0>, so the gradient of its own output is dc[:, :, t].", (OWN, "dc[:, :, t - 1]")),
    "zero_dc_skipped": Mistake("a step whose dc is 0 is left out: what the later steps send back goes through it all the same.", (f"{LOOP}:\n", f"{LOOP}:\n        if not dc[:, :, t].any():\n            continue\n")),
    "zero_inputs_skipped": Mistake("a step whose inputs are all 0 is left out, as if it were padding: there is no padding here.", (f"{LOOP}:\n", f"{LOOP}:\n        if not x[:, :, t].any():\n            continue\n")),
    "squeezed": Mistake("np.squeeze and reshape(-1) take away axes of length 1 as well, such as that of a single unit: keep (n_a, m).", (DC0, '"dc0": dc_prev.squeeze(axis=0) if len(dc_prev) == 1 else dc_prev')),
    "caches_by_step": Mistake(BY_STEP, (CALL, "gru_cell_backward(dc_next, caches[t])")),
    "all_steps_in_cell": Mistake("arrays of all steps go into the cell: gru_cell_backward takes the cache of one step, so cut that step's memories, gates and input out of caches.", (CALL, "gru_cell_backward(dc_next, caches)")),
    "dc0_zeros": Mistake("dc0 stays zero: it is the dc_prev of the first step.", (DC0, '"dc0": 0 * dc_prev')),
    "dc0_of_first_state": Mistake("dc0 is the gradient of c<1>, which goes into the first step's cell; that of c<0> is the dc_prev which comes out.", (DC0, '"dc0": dc_next')),
    "dx_reversed": Mistake("dx is in the order of the backward pass, last step first: dx[:, :, t] belongs to step t.", ('"dx": dx', '"dx": dx[:, :, ::-1]')),
    "dx_time_first": Mistake("time is the first axis of dx; here it is the last: (n_x, m, T_x).", ('"dx": dx', '"dx": np.moveaxis(dx, 2, 0)')),
    "dx_reshaped": Mistake("time was the first axis of dx, which was then given another shape: reshape fills in the numbers anew; np.stack(..., axis=2) or np.moveaxis moves an axis.",
        ('"dx": dx', '"dx": np.moveaxis(dx, 2, 0).reshape(dx.shape)')),
    "dx_last_step": Mistake("dx is that of one step alone: it holds the dx_t of all steps, (n_x, m, T_x).", ('"dx": dx', '"dx": step["dx_t"]')),
    "reset_left_out": Mistake("dW_r and db_r are not added up: with a reset gate they are part of the result.", ('not in ("Wy", "by")', 'not in ("Wy", "by", "Wr", "br")')),
    "reset_always": Mistake("with reset=None there is no reset gate, and the cell returns no dW_r and db_r: add up what is there.", ('for name in params if name not in ("Wy", "by")', 'for name in ("Wu", "bu", "Wr", "br", "Wc", "bc")')),
    "names_of_params": Mistake("the gradients are named as the weights: each has a d in front, dWu for Wu.", ("**total}", "**{name[1:]: value for name, value in total.items()}}")),
    "dc_prev_for_dc0": Mistake("the gradient of c<0> is called dc0 here, not dc_prev.", ('"dc0"', '"dc_prev"')),
    "dx_t_for_dx": Mistake("the gradients of the inputs are called dx here, not dx_t.", ('"dx": dx', '"dx_t": dx')),
}
MISTAKES |= {
    f"{name}_set": Mistake(f"{name} is set instead of added: the same weights serve all steps.", (ADDED, f'step[name] + total[name] * (name != "{name}")'))
    for name in ("dWu", "dbu", "dWr", "dbr", "dWc", "dbc")
}
# fmt: on

EXERCISE = Exercise(
    right=gru_backward,
    draw=draw,
    visible=2,
    hidden=3,
    follow=("gru_cell_backward",),
    rtol=1e-8,
    mistakes=MISTAKES,
    parts=(
        Part("dx", "dx", 1, ("n_x", "m", "T_x")),
        Part("dc0", "dc0", 1, ("n_a", "m")),
        *gradient_parts("urc", 0.5),
    ),
)
