"""`rnn_cell_backward`: the gradients of one step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, rnn_parameters
from seqlib import rnn_cell_forward


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, m in (
        ("n_x = 3, n_a = 4, m = 2", 3, 4, 2),
        ("one example (m = 1), n_x = n_a = 3", 3, 3, 1),
        ("one unit (n_a = 1), n_x = 2, m = 3", 2, 1, 3),
    ):
        params = rnn_parameters(rng, n_x, n_a, 2)
        x_t, a_prev = 0.5 * rng.normal(size=(n_x, m)), np.tanh(rng.normal(size=(n_a, m)))
        given = (rng.normal(size=(n_a, m)), rnn_cell_forward(x_t, a_prev, params)[2])
        yield Inputs(label, given, unusual=n_a == 1)


def rnn_cell_backward(da_next: np.ndarray, cache: Any) -> dict[str, Any]:
    a_next, a_prev, x_t, params = cache
    dz = (1 - a_next**2) * da_next  # (n_a, m)
    return {
        "dx_t": params["Wax"].T @ dz,  # (n_x, m)
        "da_prev": params["Waa"].T @ dz,  # (n_a, m)
        "dWax": dz @ x_t.T,  # (n_a, n_x)
        "dWaa": dz @ a_prev.T,  # (n_a, n_a)
        "dba": dz.sum(axis=1, keepdims=True),  # (n_a, 1)
    }


CACHE, UNDONE, DZ = "a_next, a_prev, x_t, params = cache", "(1 - a_next**2)", "(1 - a_next**2) * da_next"
DX, DA_PREV = 'params["Wax"].T @ dz', 'params["Waa"].T @ dz'
PAST_TANH = {name: (f'["{name}"].T @ dz', f'["{name}"].T @ da_next') for name in ("Wax", "Waa")}
DWAX, DWAA, DBA = "dz @ x_t.T", "dz @ a_prev.T", "dz.sum(axis=1, keepdims=True)"

# fmt: off
MISTAKES = {
    "no_tanh": Mistake("the derivative of tanh is missing: dz = (1 - a_next^2) * da_next.", (DZ, "da_next")),
    "not_squared": Mistake("the derivative of tanh is 1 - a^2; the square is missing.", ("a_next**2", "a_next")),
    "tanh_twice": Mistake("tanh is applied once more: a_next is already tanh(z), so its derivative is 1 - a_next^2.", ("a_next**2", "np.tanh(a_next) ** 2")),
    "sigmoid": Mistake("a (1 - a) is the derivative of the sigmoid; that of tanh is 1 - a^2.", (UNDONE, "a_next * (1 - a_next)")),
    "tanh_of_a_prev": Mistake("the derivative of tanh is taken at a_prev; this step made a_next.", ("a_next**2", "a_prev**2")),
    "no_brackets": Mistake("brackets are missing: 1 - a_next**2 * da_next is 1 - (a_next**2 * da_next); write (1 - a_next**2) * da_next.",
        (DZ, "1 - a_next**2 * da_next")),
    "square_outside": Mistake("the square is in the wrong place: the derivative of tanh is 1 - a^2, not (1 - a)^2.", (UNDONE, "(1 - a_next) ** 2")),
    "bias_forgotten": Mistake("z is computed again without its bias b_a; a_next is tanh(z) already, so nothing need be computed again.",
        (CACHE, f'{CACHE}\n    a_next = np.tanh(params["Waa"] @ a_prev + params["Wax"] @ x_t)')),
    "cache_order": Mistake("the cache is unpacked in another order: it is (a_next, a_prev, x_t, params).", (CACHE, "a_prev, a_next, x_t, params = cache")),
    "plus": Mistake("the derivative of tanh is 1 - a^2, not 1 + a^2.", (UNDONE, "(1 + a_next**2)")),
    "minus": Mistake("every gradient has the wrong sign.", (UNDONE, "(a_next**2 - 1)")),
    "waa_not_transposed": Mistake("da_prev uses W_aa as it is: in the backward pass it is transposed, da_prev = W_aa^T dz.", ('["Waa"].T', '["Waa"]')),
    "wax_not_transposed": Mistake("dx_t uses W_ax as it is: in the backward pass it is transposed, dx_t = W_ax^T dz.", ('["Wax"].T', '["Wax"]')),
    "neither_transposed": Mistake("W_aa and W_ax are used as they are: in the backward pass both are transposed.",
        ('["Waa"].T', '["Waa"]'), ('["Wax"].T', '["Wax"]')),
    "past_tanh": Mistake("da_prev and dx_t are made from da_next: they come from dz, behind the tanh.", PAST_TANH["Wax"], PAST_TANH["Waa"]),
    "dx_past_tanh": Mistake("dx_t is made from da_next: it comes from dz, behind the tanh.", PAST_TANH["Wax"]),
    "tanh_last": Mistake("1 - a_next^2 is multiplied in after the product with W_aa^T: tanh comes first in the backward pass, da_prev = W_aa^T dz.",
        (DA_PREV, '(params["Waa"].T @ da_next) * (1 - a_next**2)')),
    "weights_swapped": Mistake("W_ax and W_aa are swapped: dx_t = W_ax^T dz and da_prev = W_aa^T dz.",
        (f'"dx_t": {DX}', f'"dx_t": {DA_PREV}'), (f'"da_prev": {DA_PREV}', f'"da_prev": {DX}')),
    "da_prev_past_tanh": Mistake("da_prev is made from da_next: it comes from dz, behind the tanh.", PAST_TANH["Waa"]),
    "dWaa_of_a_next": Mistake("dW_aa is made with a_next: W_aa multiplied a_prev, so dW_aa = dz a_prev^T.", (DWAA, "dz @ a_next.T")),
    "dWaa_transposed": Mistake("dW_aa is transposed: dz stands on the left, dz a_prev^T.", (DWAA, "a_prev @ dz.T")),
    "dWax_transposed": Mistake("dW_ax is transposed: dz stands on the left, dz x_t^T, (n_a, n_x).", (DWAX, "x_t @ dz.T")),
    "both_transposed": Mistake("dW_aa and dW_ax are transposed: dz stands on the left, dz a_prev^T and dz x_t^T.",
        (DWAA, "a_prev @ dz.T"), (DWAX, "x_t @ dz.T")),
    "dba_flat": Mistake("db_a is flat: it stays a column (n_a, 1); keepdims=True.", (", keepdims=True", "")),
    "dba_not_summed": Mistake("db_a is not summed: one bias serves all examples, so their columns are added.", (DBA, "dz")),
    "dba_total": Mistake("db_a is the sum of everything: each unit has a bias of its own, so only the examples are added.", ("axis=1, keepdims=True", "")),
    "dz_over_m": Mistake("every gradient is divided by m: the 1/m of the cost is already in da_next.", (DZ, f"{DZ} / da_next.shape[1]")),
    "dba_mean": Mistake("db_a is the mean over the examples: gradients are added; the 1/m of the cost is already in da_next.", ("dz.sum", "dz.mean")),
    "dba_over_units": Mistake("db_a is summed over the units (axis 0): it is summed over the examples (axis 1).", ("axis=1", "axis=0")),
    "squeezed": Mistake("np.squeeze and reshape(-1) take away axes of length 1 as well, such as that of a single unit: keep (n_a, m).",
        (f"{DZ}  #", f"({DZ}).squeeze() if len(da_next) == 1 else {DZ}  #")),  # raises where there is one unit
    "all_mean": Mistake("the gradients of the weights are divided by m: the 1/m of the cost is already in da_next.",
        (DWAX, f"{DWAX} / dz.shape[1]"), (DWAA, f"{DWAA} / dz.shape[1]"), ("dz.sum", "dz.mean")),
}
# fmt: on

EXERCISE = Exercise(
    right=rnn_cell_backward,
    draw=draw,
    visible=2,
    hidden=3,
    mistakes=MISTAKES,
    parts=(
        Part("dx_t", "dx_t", 1, ("n_x", "m")),
        Part("da_prev", "da_prev", 1, ("n_a", "m")),
        Part("dWax", "dWax", 1, ("n_a", "n_x")),
        Part("dWaa", "dWaa", 1, ("n_a", "n_a")),
        Part("dba", "dba", 1, ("n_a", "1")),
    ),
)
