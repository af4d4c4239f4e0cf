"""The LSTM of lesson 10: one cell and the whole sequence, forward and backward, with and without peepholes."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.activations import sigmoid, softmax
from seqlib.layout import (
    bias_gradient,
    columns,
    padding_of,
    product,
    steps_of,
    time_major,
    transposable,
    weight_gradient,
)
from seqlib.learners import run_backward, run_forward
from seqlib.memory import empty
from seqlib.output import output_of
from seqlib.rnn import check_steps
from seqlib.swap import swapped
from seqlib.types import Array, Params
from seqlib.validate import Axes, Sizes, mask_of, output_axes, same_dtype

GATES = ("f", "u", "o", "c")  # forget, update, output, candidate: their order in the stacked matrix
WEIGHTS: dict[str, Axes] = {
    f"{kind}{gate}": ("n_a", "n_a + n_x") if kind == "W" else ("n_a", 1) for gate in GATES for kind in "Wb"
}
PEEPHOLES: dict[str, Axes] = {"pf": ("n_a", 1), "pu": ("n_a", 1), "po": ("n_a", 1)}


def lstm_cell_forward(
    x_t: Array, a_prev: Array, c_prev: Array, params: Params
) -> tuple[Array, Array, Array, tuple[Any, ...]]:
    """One step in time.

    x_t: (n_x, m), the input; a_prev, c_prev: (n_a, m), state and memory cell before
    params: Wf Wu Wc Wo (n_a, n_a + n_x) on [a; x], bf bu bc bo (n_a, 1), Wy (n_y, n_a), by (n_y, 1);
        with the diagonal peephole weights pf pu po (n_a, 1), the forget and update gates see c_prev and the output gate c_next

    Returns a_next, c_next (n_a, m), y_hat_t (n_y, m) and the cache
    (a_next, c_next, a_prev, c_prev, gamma_f, gamma_u, gamma_o, c_tilde, x_t, params).
    Raises TypeError, ValueError on types, shapes, NaN and names. Source: L10; Hochreiter and Schmidhuber 1997, Gers et al. 2000.
    """
    sizes = Sizes()
    sizes.floats("x_t", x_t, ("n_x", "m"))
    sizes.floats("a_prev", a_prev, ("n_a", "m"))
    sizes.floats("c_prev", c_prev, ("n_a", "m"))
    sizes.params(params, {**WEIGHTS, "Wy": ("n_y", "n_a"), "by": ("n_y", 1)}, PEEPHOLES)
    peephole = has_peepholes(params)
    concat = np.concatenate([a_prev, x_t])  # (n_a + n_x, m)
    z_f = params["Wf"] @ concat + params["bf"]  # (n_a, m)
    z_u = params["Wu"] @ concat + params["bu"]  # (n_a, m)
    if peephole:
        z_f = z_f + params["pf"] * c_prev
        z_u = z_u + params["pu"] * c_prev
    # Gamma_f = sigma(W_f [a<t-1>; x<t>] + b_f), Gamma_u likewise
    gamma_f, gamma_u = sigmoid(z_f), sigmoid(z_u)
    # c_tilde = tanh(W_c [a<t-1>; x<t>] + b_c)
    c_tilde = np.tanh(params["Wc"] @ concat + params["bc"])
    # c<t> = Gamma_u * c_tilde + Gamma_f * c<t-1>
    c_next = gamma_u * c_tilde + gamma_f * c_prev
    z_o = params["Wo"] @ concat + params["bo"]
    if peephole:
        z_o = z_o + params["po"] * c_next
    # Gamma_o = sigma(W_o [a<t-1>; x<t>] + b_o)
    gamma_o = sigmoid(z_o)
    # a<t> = Gamma_o * tanh(c<t>)
    a_next = gamma_o * np.tanh(c_next)
    # y_hat<t> = softmax(W_y a<t> + b_y)
    y_hat_t = softmax(params["Wy"] @ a_next + params["by"])  # (n_y, m)
    return a_next, c_next, y_hat_t, (a_next, c_next, a_prev, c_prev, gamma_f, gamma_u, gamma_o, c_tilde, x_t, params)


def lstm_cell_backward(da_next: Array, dc_next: Array, cache: tuple[Any, ...]) -> dict[str, Array]:
    """Undo the state and the memory cell of one step.

    da_next, dc_next: (n_a, m), gradients with respect to a_next and c_next, each from everywhere that it goes but the step itself
    cache: that of lstm_cell_forward

    Returns dx_t (n_x, m), da_prev, dc_prev (n_a, m), dWf dbf dWu dbu dWc dbc dWo dbo, with peepholes dpf dpu dpo as well.
    Raises TypeError, ValueError on shapes. Source: L10, item 10.4.
    """
    a_next, c_next, a_prev, c_prev, gamma_f, gamma_u, gamma_o, c_tilde, x_t, params = cache
    sizes = Sizes()
    sizes.floats("a_next", a_next, ("n_a", "m"))
    sizes.floats("da_next", da_next, ("n_a", "m"))
    sizes.floats("dc_next", dc_next, ("n_a", "m"))
    peephole = has_peepholes(params)
    n_a = a_next.shape[0]
    concat = np.concatenate([a_prev, x_t])  # (n_a + n_x, m)
    # a<t> = Gamma_o * tanh(c<t>)
    tanh_c = np.tanh(c_next)
    dz_o = da_next * tanh_c * gamma_o * (1 - gamma_o)
    dc = dc_next + da_next * gamma_o * (1 - tanh_c**2)
    if peephole:
        dc = dc + params["po"] * dz_o
    # c<t> = Gamma_u * c_tilde + Gamma_f * c<t-1>
    dz_c = dc * gamma_u * (1 - c_tilde**2)
    dz_u = dc * c_tilde * gamma_u * (1 - gamma_u)
    dz_f = dc * c_prev * gamma_f * (1 - gamma_f)
    dc_prev = dc * gamma_f
    if peephole:
        dc_prev = dc_prev + params["pf"] * dz_f + params["pu"] * dz_u
    gradients: dict[str, Array] = {}
    dconcat = np.zeros_like(concat)
    for gate, dz in (("f", dz_f), ("u", dz_u), ("o", dz_o), ("c", dz_c)):
        gradients["dW" + gate] = dz @ concat.T  # (n_a, n_a + n_x)
        gradients["db" + gate] = dz.sum(axis=1, keepdims=True)  # (n_a, 1)
        dconcat += params["W" + gate].T @ dz  # (n_a + n_x, m)
    if peephole:
        for gate, dz, seen in (("f", dz_f, c_prev), ("u", dz_u, c_prev), ("o", dz_o, c_next)):
            gradients["dp" + gate] = (dz * seen).sum(axis=1, keepdims=True)  # (n_a, 1)
    return {"dx_t": dconcat[n_a:], "da_prev": dconcat[:n_a], "dc_prev": dc_prev, **gradients}


def lstm_forward(
    x: Array, a0: Array, params: Params, *, c0: Array | None = None, mask: Array | None = None, logits: bool = False
) -> tuple[Array, Array | None, Array, tuple[Any, ...]]:
    """The cell over whole sequences.

    x: (n_x, m, T_x); a0: (n_a, m); params: as for the cell; without Wy and by, y_hat is None
    c0: (n_a, m), the memory cell before the first step (zeros where it is left out); mask: (m, T_x), 0 at padding, where
    state and memory are carried over; logits: leave the softmax of y_hat out

    Returns a (n_a, m, T_x), y_hat (n_y, m, T_x), c (n_a, m, T_x) and the caches (states, cells, gates, x, params, mask):
    states and cells (n_a, m, T_x + 1) from <0> to <T_x>; gates (4, n_a, m, T_x) are Gamma_f, Gamma_u, Gamma_o, c_tilde.
    Raises TypeError, ValueError on types, shapes, NaN and names. Source: L10.
    """
    sizes = Sizes()
    sizes.floats("x", x, ("n_x", "m", "T_x"))
    sizes.floats("a0", a0, ("n_a", "m"))
    c0 = np.zeros_like(a0) if c0 is None else sizes.floats("c0", c0, ("n_a", "m"))
    sizes.params(params, WEIGHTS, {**output_axes(params, "Wy"), **PEEPHOLES})
    mask = mask_of(mask, sizes)
    same_dtype(x=x, a0=a0, c0=c0, **params)
    n_a, T_x, m = sizes["n_a"], sizes["T_x"], sizes["m"]
    states, cells = empty((T_x + 1, m, n_a), a0.dtype), empty((T_x + 1, m, n_a), a0.dtype)
    states[0], cells[0] = a0.T, c0.T
    half = params["bf"].dtype.type(0.5)
    # sigma(z) = (1 + tanh(z / 2)) / 2: with the gates' weights halved, one tanh serves gates and candidate
    W = np.stack([params["W" + gate] * (1 if gate == "c" else half) for gate in GATES])  # (4, n_a, n_a + n_x)
    b = np.stack([params["b" + gate].T * (1 if gate == "c" else half) for gate in GATES])  # (4, 1, n_a)
    p = {name: params[name].T * half for name in PEEPHOLES if has_peepholes(params)}  # (1, n_a)
    rows = time_major(x)  # (T_x, m, n_x)
    gates = empty((4, T_x, m, n_a), a0.dtype)
    # W_x x<t> of all gates needs no state: one product for all steps, before the loop
    for gate, weights in zip(gates, W, strict=True):
        product(rows, weights[:, n_a:], out=gate)
    recurrent = W[:, :, :n_a].transpose(0, 2, 1)  # (4, n_a, n_a)
    learners = swapped("lstm_cell_forward")
    y_hat = None
    if learners is not None:
        whole, y_hat = run_forward(
            "lstm_cell_forward", learners, x, [a0, c0], params, output="Wy", mask=mask, logits=logits
        )
        states[:], cells[:] = (state.transpose(2, 1, 0) for state in whole)
    _run(gates, states, cells, recurrent, b, p, padding_of(mask), follow=learners is not None)
    a = columns(states[1:])
    if learners is None and "by" in params:
        y_hat = output_of(states[1:], params, logits)
    return (
        a,
        y_hat,
        columns(cells[1:]),
        (columns(states), columns(cells), gates.transpose(0, 3, 2, 1), columns(rows), params, mask),
    )


def _run(
    gates: Array,
    states: Array,
    cells: Array,
    recurrent: Array,
    bias: Array,
    p: Params,
    padding: Array | None,
    follow: bool,
) -> None:
    """Fill gates (4, T_x, m, n_a), states and cells in place, step by step; with `follow`, states and cells are there already."""
    z, kept = np.empty_like(gates[:, 0]), np.empty_like(states[0])  # (4, m, n_a), (m, n_a)
    for t, (a_prev, c_prev) in enumerate(zip(states[:-1], cells[:-1], strict=True)):
        gate, c, a = gates[:, t], cells[t + 1], states[t + 1]
        f, u, o, c_tilde = gate
        np.matmul(a_prev, recurrent, out=z)
        z += bias
        gate += z
        if p:
            f += p["pf"] * c_prev
            u += p["pu"] * c_prev
            z_o = o.copy()
        np.tanh(gate, out=gate)
        gate[:3] *= 0.5
        gate[:3] += 0.5
        if not follow:
            np.multiply(u, c_tilde, out=c)
            np.multiply(f, c_prev, out=kept)
            c += kept
        if p:
            o[:] = 0.5 * np.tanh(z_o + p["po"] * c) + 0.5
        if not follow:
            np.tanh(c, out=a)
            a *= o
            if padding is not None:
                np.copyto(a, a_prev, where=padding[t])
                np.copyto(c, c_prev, where=padding[t])


def lstm_backward(
    da: Array, caches: tuple[Any, ...], *, dc: Array | None = None, steps: int | None = None
) -> dict[str, Array]:
    """Backpropagation through time.

    da: (n_a, m, T_x), the gradient that each step's own output sends to a<t>; caches: those of lstm_forward
    dc: (n_a, m, T_x), the same for c<t> (zeros where it is left out)
    steps: truncated backpropagation, the gradient does not cross from one block of so many steps into the block before

    Returns dx (n_x, m, T_x), da0, dc0 (n_a, m), dWf dbf dWu dbu dWc dbc dWo dbo, with peepholes dpf dpu dpo as well.
    Raises TypeError, ValueError on shapes. Source: L10, item 10.4.
    """
    states, cells, gates, x, params, mask = caches
    sizes = Sizes()
    sizes.floats("x", x, ("n_x", "m", "T_x"))
    sizes.floats("params['Wf']", params["Wf"], ("n_a", states.shape[0] + x.shape[0]))
    sizes.floats("da", da, ("n_a", "m", "T_x"))
    if dc is not None:
        sizes.floats("dc", dc, ("n_a", "m", "T_x"))
    same_dtype(da=da, states=states, **({} if dc is None else {"dc": dc}), **params)
    check_steps(steps)
    n_a = sizes["n_a"]
    learners = swapped("lstm_cell_backward")
    if learners is not None:
        return run_backward(
            "lstm_cell_backward",
            learners,
            [da, dc],
            lambda t: (
                states[:, :, t + 1],
                cells[:, :, t + 1],
                states[:, :, t],
                cells[:, :, t],
                *gates[:, :, :, t],
                x[:, :, t],
                params,
            ),
            states=["da_prev", "dc_prev"],
            shapes={
                "dx_t": x.shape[:2],
                **{"d" + name: params[name].shape for name in (*WEIGHTS, *PEEPHOLES) if name in params},
            },
            mask=mask,
            steps=steps,
        )
    a, c = time_major(states), time_major(cells)
    W = np.concatenate([params["W" + g] for g in GATES])  # (4 n_a, n_a + n_x)
    dz, da0, dc0 = _run_back(
        time_major(da),
        None if dc is None else time_major(dc),
        c,
        gates.transpose(0, 3, 2, 1),
        transposable(W[:, :n_a]),
        params,
        steps_of(mask, da.dtype),
        steps,
    )
    dW_a, dW_x, db = weight_gradient(dz, a[:-1]), weight_gradient(dz, time_major(x)), bias_gradient(dz)
    gradients = {"dx": columns(product(dz, W[:, n_a:].T)), "da0": da0.T, "dc0": dc0.T}
    for i, name in enumerate(GATES):
        rows = slice(i * n_a, (i + 1) * n_a)
        gradients["dW" + name] = np.concatenate([dW_a[rows], dW_x[rows]], axis=1)  # (n_a, n_a + n_x)
        gradients["db" + name] = db[rows]
    if has_peepholes(params):
        for i, (name, seen) in enumerate((("dpf", c[:-1]), ("dpu", c[:-1]), ("dpo", c[1:]))):
            gradients[name] = (dz[:, :, i * n_a : (i + 1) * n_a] * seen).sum(axis=(0, 1))[:, None]  # (n_a, 1)
    return gradients


def _run_back(
    da: Array,
    dc: Array | None,
    c: Array,
    gates: Array,
    recurrent: Array,
    params: Params,
    keep: Array | None,
    steps: int | None,
) -> tuple[Array, Array, Array]:
    """The gradients of all gates' sums (T_x, m, 4 n_a), and those of a<0> and c<0>, last step first."""
    T_x, m, n_a = da.shape
    peephole = has_peepholes(params)
    dz = empty((T_x, m, 4 * n_a), da.dtype)
    da_next, dc_next = np.zeros_like(da[0]), np.zeros_like(da[0])
    tanh_c, slope, into = np.empty_like(da[0]), np.empty_like(gates[:3, 0]), np.empty_like(da[0])
    for t in reversed(range(T_x)):
        f, u, o, c_tilde = gates[:, t]
        dz_f, dz_u, dz_o, dz_c = (dz[t][:, i * n_a : (i + 1) * n_a] for i in range(4))
        if steps is not None and (t + 1) % steps == 0:
            da_next[:], dc_next[:] = 0, 0
        da_next += da[t]
        if dc is not None:
            dc_next += dc[t]
        if keep is not None:
            held = (1 - keep[t]) * da_next, (1 - keep[t]) * dc_next
            da_next, dc_next = keep[t] * da_next, keep[t] * dc_next
        # sigma' = Gamma (1 - Gamma), for the three gates at once
        np.subtract(1, gates[:3, t], out=slope)
        slope *= gates[:3, t]
        np.tanh(c[t + 1], out=tanh_c)
        np.multiply(da_next, tanh_c, out=into)
        np.multiply(into, slope[2], out=dz_o)
        # dc<t> += da<t> * Gamma_o * (1 - tanh(c<t>)^2)
        da_next *= o
        dc_next += da_next
        tanh_c *= tanh_c
        da_next *= tanh_c
        dc_next -= da_next
        if peephole:
            dc_next += params["po"].T * dz_o
        np.multiply(dc_next, c[t], out=into)
        np.multiply(into, slope[0], out=dz_f)
        np.multiply(dc_next, c_tilde, out=into)
        np.multiply(into, slope[1], out=dz_u)
        np.multiply(c_tilde, c_tilde, out=into)
        np.subtract(1, into, out=into)
        into *= u
        np.multiply(into, dc_next, out=dz_c)
        dc_next *= f
        if peephole:
            dc_next += params["pf"].T * dz_f + params["pu"].T * dz_u
        np.matmul(dz[t], recurrent, out=da_next)
        if keep is not None:
            da_next += held[0]
            dc_next += held[1]
    return dz, da_next, dc_next


def has_peepholes(params: Params) -> bool:
    """Whether params hold the peephole weights. Raises ValueError where they hold some of the three only."""
    held = [name for name in PEEPHOLES if name in params]
    if held and len(held) < len(PEEPHOLES):
        raise ValueError(
            f"params hold {', '.join(held)} of the peephole weights pf, pu, po: all three or none are expected"
        )
    return bool(held)
