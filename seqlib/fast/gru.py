"""The GRU over whole sequences, in its three variants."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.fast.layout import (
    bias_gradient,
    columns,
    halved,
    product,
    steps_of,
    time_major,
    transposable,
    weight_gradient,
)
from seqlib.fast.memory import empty
from seqlib.fast.output import output_of
from seqlib.gru import check_gru
from seqlib.support.steps import starts_block
from seqlib.support.types import Array, Params
from seqlib.support.validate import check_backward


def gru_forward(
    x: Array,
    c0: Array,
    params: Params,
    reset: str | None = "before",
    *,
    mask: Array | None = None,
    logits: bool = False,
) -> tuple[Array, Array | None, tuple[Any, ...]]:
    """As seqlib.gru_forward: c is a view of the caches, too."""
    sizes, mask = check_gru(x, c0, params, reset, mask)
    n_a, T_x, m = sizes["n_a"], sizes["T_x"], sizes["m"]
    W, b = halved(params, _gates(reset))  # (3, n_a, n_a + n_x), (3, 1, n_a), or 2
    cells = empty((T_x + 1, m, n_a), c0.dtype)
    cells[0] = c0.T
    rows = time_major(x)  # (T_x, m, n_x)
    gates = empty((len(W), T_x, m, n_a), c0.dtype)
    # the input's share of all gates needs no state: one product for all steps, before the loop
    for gate, weights in zip(gates, W, strict=True):
        product(rows, weights[:, n_a:], out=gate)
    inner = None if reset is None else empty((T_x, m, n_a), c0.dtype)
    _run(gates, inner, cells, W[:, :, :n_a].transpose(0, 2, 1), b, params, reset, steps_of(mask, c0.dtype))
    y_hat = output_of(cells[1:], params, logits) if "by" in params else None
    inner_columns = None if inner is None else columns(inner)
    caches = (columns(cells), gates.transpose(0, 3, 2, 1), inner_columns, columns(rows), params, mask, reset)
    return columns(cells[1:]), y_hat, caches


def _gates(reset: str | None) -> str:
    """The letters of the gates, the candidate last."""
    return "uc" if reset is None else "urc"


def _run(
    gates: Array,
    inner: Array | None,
    cells: Array,
    recurrent: Array,
    bias: Array,
    params: Params,
    reset: str | None,
    keep: Array | None,
) -> None:
    """Fill gates (3, T_x, m, n_a), inner and cells in place, step by step."""
    into_gates, into_candidate = recurrent[:-1], recurrent[-1]
    z, z_c = np.empty_like(gates[:-1, 0]), np.empty_like(cells[0])  # (2, m, n_a), or 1; (m, n_a)
    for t, c_prev in enumerate(cells[:-1]):
        sigma, c_tilde, c = gates[:-1, t], gates[-1, t], cells[t + 1]
        np.matmul(c_prev, into_gates, out=z)
        z += bias[:-1]
        sigma += z
        np.tanh(sigma, out=sigma)
        sigma *= 0.5
        sigma += 0.5
        if inner is None:
            np.matmul(c_prev, into_candidate, out=z_c)
        elif reset == "before":
            np.multiply(sigma[1], c_prev, out=inner[t])
            np.matmul(inner[t], into_candidate, out=z_c)
        else:
            np.matmul(c_prev, into_candidate, out=inner[t])
            if "brc" in params:
                inner[t] += params["brc"].T
            np.multiply(sigma[1], inner[t], out=z_c)
        z_c += bias[-1]
        c_tilde += z_c
        np.tanh(c_tilde, out=c_tilde)
        # c<t> = c<t-1> + Gamma_u * (c_tilde - c<t-1>)
        np.subtract(c_tilde, c_prev, out=c)
        c *= sigma[0]
        if keep is not None:
            c *= keep[t]
        c += c_prev


def gru_backward(dc: Array, caches: tuple[Any, ...], *, steps: int | None = None) -> dict[str, Array]:
    """As seqlib.gru_backward."""
    cells, gates, inner, x, params, mask, reset = caches
    n_a = check_backward({"dc": dc}, cells, x, params, steps)["n_a"]
    c, gate = time_major(cells), gates.transpose(0, 3, 2, 1)
    names = _gates(reset)
    W = np.concatenate([params["W" + name] for name in names])  # (3 n_a, n_a + n_x), or 2 n_a
    inner_rows = None if inner is None else time_major(inner)
    dz, dcandidate, dc0 = _run_back(
        time_major(dc), c, gate, inner_rows, W[:, :n_a], reset, steps_of(mask, dc.dtype), steps
    )
    dW_x, db = weight_gradient(dz, time_major(x)), bias_gradient(dz)
    dW_c = weight_gradient(dz[:, :, :-n_a], c[:-1])  # the gates' rows; the candidate's depend on the variant
    dW_candidate = weight_gradient(dcandidate, inner_rows if reset == "before" and inner_rows is not None else c[:-1])
    dW_c = np.concatenate([dW_c, dW_candidate])
    gradients = {"dx": columns(product(dz, W[:, n_a:].T)), "dc0": dc0.T}
    for i, name in enumerate(names):
        rows = slice(i * n_a, (i + 1) * n_a)
        gradients["dW" + name] = np.concatenate([dW_c[rows], dW_x[rows]], axis=1)  # (n_a, n_a + n_x)
        gradients["db" + name] = db[rows]
    if "brc" in params:
        gradients["dbrc"] = bias_gradient(dcandidate)
    return gradients


def _run_back(
    dc: Array,
    c: Array,
    gates: Array,
    inner: Array | None,
    recurrent: Array,
    reset: str | None,
    keep: Array | None,
    steps: int | None,
) -> tuple[Array, Array, Array]:
    """The gradients of all gates' sums, of the candidate's product with its weights, and of c<0>, last step first."""
    n_a = dc.shape[2]
    dz, dc_next = empty((*dc.shape[:2], len(recurrent)), dc.dtype), np.zeros_like(dc[0])
    from_gates = transposable(recurrent[:-n_a])  # (2 n_a, n_a), or n_a
    from_candidate = transposable(recurrent[-n_a:])  # (n_a, n_a)
    # after: the candidate's weights see dz_c scaled by the reset gate; otherwise dz_c itself
    dcandidate = empty(dc.shape, dc.dtype) if reset == "after" else dz[:, :, -n_a:]
    back, slope = np.empty_like(dc_next), np.empty_like(dc_next)
    for t in reversed(range(len(dc))):
        if starts_block(t + 1, steps):
            dc_next[:] = 0
        dc_next += dc[t]
        if keep is not None:
            held = (1 - keep[t]) * dc_next
            dc_next *= keep[t]
        _update_back(dz[t], dc_next, c[t], gates[0, t], gates[-1, t], back, slope)
        dz_c = dz[t, :, -n_a:]
        if inner is None:
            np.matmul(dz_c, from_candidate, out=back)
        else:
            _reset_back(dz[t], dcandidate[t], c[t], gates[1, t], inner[t], from_candidate, reset, back, slope)
        dc_next += back
        np.matmul(dz[t, :, :-n_a], from_gates, out=back)
        dc_next += back
        if keep is not None:
            dc_next += held
    return dz, dcandidate, dc_next


def _update_back(
    dz: Array, dc: Array, c_prev: Array, gamma_u: Array, c_tilde: Array, back: Array, slope: Array
) -> None:
    """Fill dz_u and dz_c of one step, from c<t> = Gamma_u * c_tilde + (1 - Gamma_u) * c<t-1>; dc becomes the last term's part."""
    n_a = dc.shape[1]
    # tanh' = 1 - c_tilde^2
    np.multiply(c_tilde, c_tilde, out=slope)
    np.subtract(1, slope, out=slope)
    slope *= gamma_u
    np.multiply(slope, dc, out=dz[:, -n_a:])
    # sigma' = Gamma_u (1 - Gamma_u)
    np.subtract(c_tilde, c_prev, out=back)
    back *= dc
    back *= gamma_u
    np.subtract(1, gamma_u, out=slope)
    np.multiply(back, slope, out=dz[:, :n_a])
    dc *= slope


def _reset_back(
    dz: Array,
    dcandidate: Array,
    c_prev: Array,
    gamma_r: Array,
    inner: Array,
    from_candidate: Array,
    reset: str | None,
    back: Array,
    slope: Array,
) -> None:
    """Fill dz_r (and, where the reset comes after, dcandidate) of one step; `back` becomes what flows to c<t-1> through the candidate."""
    n_a = back.shape[1]
    dz_r, dz_c = dz[:, n_a : 2 * n_a], dz[:, 2 * n_a :]
    # sigma' = Gamma_r (1 - Gamma_r)
    np.subtract(1, gamma_r, out=slope)
    slope *= gamma_r
    if reset == "before":
        np.matmul(dz_c, from_candidate, out=back)
        slope *= c_prev
        np.multiply(back, slope, out=dz_r)
        back *= gamma_r
    else:
        slope *= inner
        np.multiply(dz_c, slope, out=dz_r)
        np.multiply(dz_c, gamma_r, out=dcandidate)
        np.matmul(dcandidate, from_candidate, out=back)
