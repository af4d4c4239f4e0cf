"""The LSTM over whole sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.fast.layout import (
    bias_gradient,
    columns,
    halved,
    padding_of,
    product,
    steps_of,
    time_major,
    transposable,
    weight_gradient,
)
from seqlib.fast.memory import empty
from seqlib.fast.output import output_of
from seqlib.lstm import GATES, PEEPHOLES, check_lstm
from seqlib.support.steps import starts_block
from seqlib.support.types import Array, Params
from seqlib.support.validate import check_backward


def lstm_forward(
    x: Array, a0: Array, params: Params, *, c0: Array | None = None, mask: Array | None = None, logits: bool = False
) -> tuple[Array, Array | None, Array, tuple[Any, ...]]:
    """As seqlib.lstm_forward: a and c are views of the caches, too."""
    c0 = np.zeros_like(a0) if c0 is None else c0
    sizes, mask = check_lstm(x, a0, c0, params, mask)
    n_a, T_x, m = sizes["n_a"], sizes["T_x"], sizes["m"]
    states, cells = empty((T_x + 1, m, n_a), a0.dtype), empty((T_x + 1, m, n_a), a0.dtype)
    states[0], cells[0] = a0.T, c0.T
    W, b = halved(params, GATES)  # (4, n_a, n_a + n_x), (4, 1, n_a)
    p = {name: params[name].T / 2 for name in PEEPHOLES if name in params}  # (1, n_a)
    rows = time_major(x)  # (T_x, m, n_x)
    gates = empty((4, T_x, m, n_a), a0.dtype)
    # W_x x<t> of all gates needs no state: one product for all steps, before the loop
    for gate, weights in zip(gates, W, strict=True):
        product(rows, weights[:, n_a:], out=gate)
    _run(gates, states, cells, W[:, :, :n_a].transpose(0, 2, 1), b, p, padding_of(mask))
    y_hat = output_of(states[1:], params, logits) if "by" in params else None
    caches = (columns(states), columns(cells), gates.transpose(0, 3, 2, 1), columns(rows), params, mask)
    return columns(states[1:]), y_hat, columns(cells[1:]), caches


def _run(
    gates: Array, states: Array, cells: Array, recurrent: Array, bias: Array, p: Params, padding: Array | None
) -> None:
    """Fill gates (4, T_x, m, n_a), states and cells in place, step by step."""
    z, product = np.empty_like(gates[:, 0]), np.empty_like(states[0])  # (4, m, n_a), (m, n_a)
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
        # c<t> = Gamma_u * c_tilde + Gamma_f * c<t-1>
        np.multiply(u, c_tilde, out=c)
        np.multiply(f, c_prev, out=product)
        c += product
        if p:
            o[:] = 0.5 * np.tanh(z_o + p["po"] * c) + 0.5
        np.tanh(c, out=a)
        a *= o
        if padding is not None:
            np.copyto(a, a_prev, where=padding[t])
            np.copyto(c, c_prev, where=padding[t])


def lstm_backward(
    da: Array, caches: tuple[Any, ...], *, dc: Array | None = None, steps: int | None = None
) -> dict[str, Array]:
    """As seqlib.lstm_backward."""
    states, cells, gates, x, params, mask = caches
    sizes = check_backward({"da": da} | ({} if dc is None else {"dc": dc}), states, x, params, steps)
    n_a = sizes["n_a"]
    a, c = time_major(states), time_major(cells)
    W = np.concatenate([params["W" + gate] for gate in GATES])  # (4 n_a, n_a + n_x)
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
    for i, gate in enumerate(GATES):
        rows = slice(i * n_a, (i + 1) * n_a)
        gradients["dW" + gate] = np.concatenate([dW_a[rows], dW_x[rows]], axis=1)  # (n_a, n_a + n_x)
        gradients["db" + gate] = db[rows]
        if "p" + gate in params:
            seen = c[1:] if gate == "o" else c[:-1]
            gradients["dp" + gate] = (dz[:, :, rows] * seen).sum(axis=(0, 1))[:, None]  # (n_a, 1)
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
    dz = empty((T_x, m, 4 * n_a), da.dtype)
    da_next, dc_next = np.zeros_like(da[0]), np.zeros_like(da[0])
    work = np.empty((5, m, n_a), da.dtype)
    for t in reversed(range(T_x)):
        if starts_block(t + 1, steps):
            da_next[:], dc_next[:] = 0, 0
        da_next += da[t]
        if dc is not None:
            dc_next += dc[t]
        if keep is not None:
            held = (1 - keep[t]) * da_next, (1 - keep[t]) * dc_next
            da_next, dc_next = keep[t] * da_next, keep[t] * dc_next
        _step_back(dz[t], da_next, dc_next, c[t], c[t + 1], gates[:, t], params, work)
        np.matmul(dz[t], recurrent, out=da_next)
        if keep is not None:
            da_next += held[0]
            dc_next += held[1]
    return dz, da_next, dc_next


def _step_back(
    dz: Array, da: Array, dc: Array, c_prev: Array, c: Array, gates: Array, params: Params, work: Array
) -> None:
    """Fill the gradients of one step's sums, dz (m, 4 n_a); da is used up, dc (m, n_a) becomes that of c<t-1>. work: (5, m, n_a)."""
    n_a = da.shape[1]
    f, u, o, c_tilde = gates
    dz_f, dz_u, dz_o, dz_c = (dz[:, i * n_a : (i + 1) * n_a] for i in range(4))
    slope, tanh_c, into = work[:3], work[3], work[4]
    # sigma' = Gamma (1 - Gamma), for the three gates at once
    np.subtract(1, gates[:3], out=slope)
    slope *= gates[:3]
    np.tanh(c, out=tanh_c)
    np.multiply(da, tanh_c, out=into)
    np.multiply(into, slope[2], out=dz_o)
    # dc<t> += da<t> * Gamma_o * (1 - tanh(c<t>)^2)
    da *= o
    dc += da
    tanh_c *= tanh_c
    da *= tanh_c
    dc -= da
    if "po" in params:
        dc += params["po"].T * dz_o
    np.multiply(dc, c_prev, out=into)
    np.multiply(into, slope[0], out=dz_f)
    np.multiply(dc, c_tilde, out=into)
    np.multiply(into, slope[1], out=dz_u)
    np.multiply(c_tilde, c_tilde, out=into)
    np.subtract(1, into, out=into)
    into *= u
    np.multiply(into, dc, out=dz_c)
    dc *= f
    if "pf" in params:
        dc += params["pf"].T * dz_f + params["pu"].T * dz_u
