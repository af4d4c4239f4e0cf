"""The LSTM of lesson 10: one cell and the cell over a whole sequence, forward and backward, with and without peepholes.

`seqlib.fast` has the same functions over sequences with one product for all steps where the recurrence allows it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.activations import sigmoid, softmax
from seqlib.output import outputs_of_steps, with_output_layer
from seqlib.support.returned import in_use
from seqlib.support.steps import over_time, starts_block, tokens_at
from seqlib.support.types import Array, Params
from seqlib.support.validate import Axes, Sizes, check_backward, check_forward, output_axes

GATES = ("f", "u", "o", "c")  # forget, update, output, candidate
WEIGHTS: dict[str, Axes] = {
    f"{kind}{gate}": ("n_a", "n_a + n_x") if kind == "W" else ("n_a", 1) for gate in GATES for kind in "Wb"
}
PEEPHOLES: dict[str, Axes] = {"pf": ("n_a", 1), "pu": ("n_a", 1), "po": ("n_a", 1)}


def lstm_cell_forward(
    x_t: Array, a_prev: Array, c_prev: Array, params: Params
) -> tuple[Array, Array, Array, tuple[Any, ...]]:
    """One step in time.

    x_t: (n_x, m), the input
    a_prev, c_prev: (n_a, m), state and memory cell before
    params: Wf Wu Wc Wo (n_a, n_a + n_x) on [a; x], bf bu bc bo (n_a, 1), Wy (n_y, n_a), by (n_y, 1);
        with the diagonal peephole weights pf pu po (n_a, 1), the forget and update gates see c_prev and the output gate c_next

    Returns a_next, c_next (n_a, m), y_hat_t (n_y, m) and the cache
    (a_next, c_next, a_prev, c_prev, gamma_f, gamma_u, gamma_o, c_tilde, x_t, params).
    Raises TypeError, ValueError on types, shapes, NaN and names. Source: L10, item 10.1; Hochreiter and Schmidhuber 1997, Gers et al. 2000.

    A unit with weights of 0 keeps, writes and shows by half, and its candidate is 0:

    >>> params = {f"W{gate}": np.zeros((1, 2)) for gate in "fuco"} | {f"b{gate}": np.zeros((1, 1)) for gate in "fuco"}
    >>> params |= {"Wy": np.ones((1, 1)), "by": np.zeros((1, 1))}
    >>> a_next, c_next, _, _ = lstm_cell_forward(np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1)), params)
    >>> float(c_next[0, 0]), round(float(a_next[0, 0]), 3)
    (0.5, 0.231)
    """
    sizes = Sizes()
    sizes.floats("x_t", x_t, ("n_x", "m"))
    sizes.floats("a_prev", a_prev, ("n_a", "m"))
    sizes.floats("c_prev", c_prev, ("n_a", "m"))
    sizes.params(params, {**WEIGHTS, "Wy": ("n_y", "n_a"), "by": ("n_y", 1)}, PEEPHOLES)
    Wf, bf, Wu, bu, Wo, bo, Wc, bc, Wy, by = (params[name] for name in (*WEIGHTS, "Wy", "by"))
    pf, pu, po = peepholes(params)
    concat = np.concatenate([a_prev, x_t])  # (n_a + n_x, m)
    # Gamma_f = sigma(W_f [a<t-1>; x<t>] + b_f), with peepholes + p_f * c<t-1>
    gamma_f = sigmoid(Wf @ concat + bf + pf * c_prev)  # (n_a, m)
    # Gamma_u = sigma(W_u [a<t-1>; x<t>] + b_u), with peepholes + p_u * c<t-1>
    gamma_u = sigmoid(Wu @ concat + bu + pu * c_prev)
    # c_tilde = tanh(W_c [a<t-1>; x<t>] + b_c)
    c_tilde = np.tanh(Wc @ concat + bc)
    # c<t> = Gamma_u * c_tilde + Gamma_f * c<t-1>
    c_next = gamma_u * c_tilde + gamma_f * c_prev
    # Gamma_o = sigma(W_o [a<t-1>; x<t>] + b_o), with peepholes + p_o * c<t>
    gamma_o = sigmoid(Wo @ concat + bo + po * c_next)
    # a<t> = Gamma_o * tanh(c<t>)
    a_next = gamma_o * np.tanh(c_next)
    # y_hat<t> = softmax(W_y a<t> + b_y)
    y_hat_t = softmax(Wy @ a_next + by)  # (n_y, m)
    return a_next, c_next, y_hat_t, (a_next, c_next, a_prev, c_prev, gamma_f, gamma_u, gamma_o, c_tilde, x_t, params)


def lstm_cell_backward(da_next: Array, dc_next: Array, cache: tuple[Any, ...]) -> dict[str, Array]:
    """Gradients of one step.

    da_next, dc_next: (n_a, m), gradients with respect to a_next and c_next, each from everywhere that it goes but the step itself
    cache: (a_next, c_next, a_prev, c_prev, gamma_f, gamma_u, gamma_o, c_tilde, x_t, params) of lstm_cell_forward

    Returns dx_t (n_x, m), da_prev, dc_prev (n_a, m), dWf dbf dWu dbu dWc dbc dWo dbo, with peepholes dpf dpu dpo as well.
    Raises TypeError, ValueError on shapes. Source: L10, item 10.4.

    Where weights and state are 0, all gates are a half, and half of dc_next goes on to c_prev:

    >>> params = {f"W{gate}": np.zeros((1, 2)) for gate in "fuco"} | {f"b{gate}": np.zeros((1, 1)) for gate in "fuco"}
    >>> params |= {"Wy": np.ones((1, 1)), "by": np.zeros((1, 1))}
    >>> cache = lstm_cell_forward(np.ones((1, 1)), np.zeros((1, 1)), np.zeros((1, 1)), params)[3]
    >>> lstm_cell_backward(np.zeros((1, 1)), np.ones((1, 1)), cache)["dc_prev"]
    array([[0.5]])
    """
    a_next, c_next, a_prev, c_prev, gamma_f, gamma_u, gamma_o, c_tilde, x_t, params = cache
    sizes = Sizes()
    sizes.floats("a_next", a_next, ("n_a", "m"))
    sizes.floats("da_next", da_next, ("n_a", "m"))
    sizes.floats("dc_next", dc_next, ("n_a", "m"))
    pf, pu, po = peepholes(params)
    n_a = len(a_next)
    concat = np.concatenate([a_prev, x_t])  # (n_a + n_x, m)
    # a<t> = Gamma_o * tanh(c<t>)
    tanh_c = np.tanh(c_next)
    dz_o = da_next * tanh_c * gamma_o * (1 - gamma_o)  # (n_a, m)
    dc_next = dc_next + da_next * gamma_o * (1 - tanh_c**2) + po * dz_o
    # c<t> = Gamma_u * c_tilde + Gamma_f * c<t-1>
    dz_c = dc_next * gamma_u * (1 - c_tilde**2)
    dz_u = dc_next * c_tilde * gamma_u * (1 - gamma_u)
    dz_f = dc_next * c_prev * gamma_f * (1 - gamma_f)
    dc_prev = dc_next * gamma_f + pu * dz_u + pf * dz_f
    gradients, dconcat = {}, np.zeros_like(concat)
    for gate, dz in (("f", dz_f), ("u", dz_u), ("c", dz_c), ("o", dz_o)):
        # z = W [a<t-1>; x<t>] + b
        gradients["dW" + gate] = dz @ concat.T  # (n_a, n_a + n_x)
        gradients["db" + gate] = dz.sum(axis=1, keepdims=True)  # (n_a, 1)
        dconcat += params["W" + gate].T @ dz  # (n_a + n_x, m)
    if "pf" in params:
        for gate, dz, seen in (("f", dz_f, c_prev), ("u", dz_u, c_prev), ("o", dz_o, c_next)):
            gradients["dp" + gate] = (dz * seen).sum(axis=1, keepdims=True)  # (n_a, 1)
    return {"dx_t": dconcat[n_a:], "da_prev": dconcat[:n_a], "dc_prev": dc_prev, **gradients}


def lstm_forward(
    x: Array, a0: Array, params: Params, *, c0: Array | None = None, mask: Array | None = None, logits: bool = False
) -> tuple[Array, Array | None, Array, tuple[Any, ...]]:
    """The cell over whole sequences, with the same weights at every step.

    x: (n_x, m, T_x), the inputs
    a0: (n_a, m), the state before the first step
    params: as for the cell; without Wy and by, y_hat is None
    c0: (n_a, m), the memory cell before the first step (zeros where it is left out)
    mask: (m, T_x), 1 at tokens and 0 at padding, where state and memory cell are carried over unchanged
    logits: leave the softmax of y_hat out

    Returns a (n_a, m, T_x), y_hat (n_y, m, T_x), c (n_a, m, T_x) and the caches (states, cells, gates, x, params, mask):
    states and cells (n_a, m, T_x + 1) from <0> to <T_x>; gates (4, n_a, m, T_x) are Gamma_f, Gamma_u, Gamma_o, c_tilde.
    Raises TypeError, ValueError on types, shapes, NaN and names. Source: L10, item 10.1.
    a and c are views of states and cells, which the backward pass reads: change a copy of them, not a or c itself.

    With all gates open, a memory cell counts the ones that it reads:

    >>> counter = {f"W{gate}": np.zeros((1, 2)) for gate in "fuo"} | {f"b{gate}": np.full((1, 1), 40.0) for gate in "fuo"}
    >>> counter |= {"Wc": np.array([[0.0, 20.0]]), "bc": np.zeros((1, 1))}
    >>> lstm_forward(np.ones((1, 1, 3)), np.zeros((1, 1)), counter)[2]
    array([[[1., 2., 3.]]])
    """
    c0 = np.zeros_like(a0) if c0 is None else c0
    sizes, mask = check_lstm(x, a0, c0, params, mask)
    cell = in_use(lstm_cell_forward)
    complete = with_output_layer(params, "Wy", a0)
    a, c, y_hat, gates = [a0], [c0], [], []
    for t in range(sizes["T_x"]):
        a_next, c_next, y_hat_t, cache = cell(x[:, :, t], a[-1], c[-1], complete)
        tokens = tokens_at(mask, t, x.dtype)
        a.append(tokens * a_next + (1 - tokens) * a[-1])
        c.append(tokens * c_next + (1 - tokens) * c[-1])
        y_hat.append(y_hat_t)
        gates.append(cache[4:8])  # Gamma_f, Gamma_u, Gamma_o, c_tilde
    states, cells = over_time(a), over_time(c)  # (n_a, m, T_x + 1)
    outputs = outputs_of_steps(y_hat, states, params, mask, logits)
    return states[:, :, 1:], outputs, cells[:, :, 1:], (states, cells, over_time(gates), x, params, mask)


def lstm_backward(
    da: Array, caches: tuple[Any, ...], *, dc: Array | None = None, steps: int | None = None
) -> dict[str, Array]:
    """Backpropagation through time: the gradients of the cell, last step first.

    da: (n_a, m, T_x), the gradient that each step's own output sends to a<t>
    caches: (states, cells, gates, x, params, mask) of lstm_forward
    dc: (n_a, m, T_x), the same for c<t> (zeros where it is left out)
    steps: truncated backpropagation, the gradient does not cross from one block of so many steps into the block before

    Returns dx (n_x, m, T_x), da0, dc0 (n_a, m), dWf dbf dWu dbu dWc dbc dWo dbo, with peepholes dpf dpu dpo as well.
    Raises TypeError, ValueError on shapes. Source: L10, item 10.4.

    Three steps with forget gates of a half leave an eighth of what is sent to the last memory cell:

    >>> params = {f"W{gate}": np.zeros((1, 2)) for gate in "fuco"} | {f"b{gate}": np.zeros((1, 1)) for gate in "fuco"}
    >>> caches = lstm_forward(np.ones((1, 1, 3)), np.zeros((1, 1)), params)[3]
    >>> lstm_backward(np.zeros((1, 1, 3)), caches, dc=np.array([[[0.0, 0.0, 1.0]]]))["dc0"]
    array([[0.125]])
    """
    a, c, gates, x, params, mask = caches
    dc = np.zeros_like(da) if dc is None else dc
    sizes = check_backward({"da": da, "dc": dc}, a, x, params, steps)
    cell = in_use(lstm_cell_backward)
    gradients = {"d" + name: np.zeros_like(params[name]) for name in (*WEIGHTS, *PEEPHOLES) if name in params}
    dx, da_prev, dc_prev = [], np.zeros_like(a[:, :, 0]), np.zeros_like(c[:, :, 0])
    for t in reversed(range(sizes["T_x"])):
        if starts_block(t + 1, steps):
            da_prev, dc_prev = np.zeros_like(da_prev), np.zeros_like(dc_prev)
        # a<t> and c<t> go into what their own step sends out and into the next step
        da_next, dc_next = da[:, :, t] + da_prev, dc[:, :, t] + dc_prev
        tokens = tokens_at(mask, t, da.dtype)
        cache = (a[:, :, t + 1], c[:, :, t + 1], a[:, :, t], c[:, :, t], *gates[:, :, :, t], x[:, :, t], params)
        step = cell(tokens * da_next, tokens * dc_next, cache)
        dx.append(step["dx_t"])
        da_prev = step["da_prev"] + (1 - tokens) * da_next
        dc_prev = step["dc_prev"] + (1 - tokens) * dc_next
        for name in gradients:
            gradients[name] += step[name]
    return {"dx": over_time(dx[::-1]), "da0": da_prev, "dc0": dc_prev, **gradients}


def check_lstm(x: Array, a0: Array, c0: Array, params: Params, mask: Array | None) -> tuple[Sizes, Array | None]:
    """Check the arguments of lstm_forward: the sizes, and the mask as floats. Raises TypeError, ValueError."""
    checked = check_forward(x, {"a0": a0, "c0": c0}, params, WEIGHTS, {**output_axes(params, "Wy"), **PEEPHOLES}, mask)
    peepholes(params)
    return checked


def peepholes(params: Params) -> tuple[Array | float, ...]:
    """The peephole weights pf, pu, po (n_a, 1), or zeros where there are none.

    Raises ValueError where params hold some of the three only.
    """
    held = [name for name in PEEPHOLES if name in params]
    if held and len(held) < len(PEEPHOLES):
        raise ValueError(
            f"params hold {', '.join(held)} of the peephole weights pf, pu, po: all three or none are expected"
        )
    return tuple(params.get(name, 0.0) for name in PEEPHOLES)
