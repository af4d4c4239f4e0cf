"""The GRU of lesson 9: one cell and the whole sequence, forward and backward, in its three variants.

`reset="before"` is the course's: the reset gate acts on c<t-1> before the matrix product. `"after"` is that of torch.nn and
cuDNN: it scales the product. `None` is the simplified GRU without a reset gate. The three give different numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.activations import sigmoid, softmax
from seqlib.layout import bias_gradient, columns, product, steps_of, time_major, transposable, weight_gradient
from seqlib.learners import run_backward, run_forward
from seqlib.memory import empty
from seqlib.output import output_of
from seqlib.rnn import check_steps
from seqlib.swap import swapped
from seqlib.types import Array, Params
from seqlib.validate import Axes, Sizes, mask_of, output_axes, same_dtype

RESETS = ("before", "after", None)


def gru_weights(reset: str | None) -> dict[str, Axes]:
    """The names and shapes of a variant's gate weights, in the order update, reset, candidate. Raises ValueError."""
    if reset not in RESETS:
        raise ValueError(
            f'reset must be "before" (the course), "after" (torch.nn, cuDNN) or None (simplified), got {reset!r}'
        )
    gates = ("u", "c") if reset is None else ("u", "r", "c")
    return {f"{kind}{gate}": ("n_a", "n_a + n_x") if kind == "W" else ("n_a", 1) for gate in gates for kind in "Wb"}


def gru_cell_forward(
    x_t: Array, c_prev: Array, params: Params, reset: str | None = "before"
) -> tuple[Array, Array, tuple[Any, ...]]:
    """One step in time.

    x_t: (n_x, m), the input; c_prev: (n_a, m), the memory cell before, which is the state as well
    params: Wu Wr Wc (n_a, n_a + n_x) on [c; x], bu br bc (n_a, 1), Wy (n_y, n_a), by (n_y, 1); no Wr and br for reset=None;
        for reset="after" a bias inside the reset product may be given, brc (n_a, 1), as torch.nn has it

    Returns c_next (n_a, m), y_hat_t (n_y, m) and the cache (c_next, c_prev, gamma_u, gamma_r, c_tilde, x_t, params, reset);
    gamma_r is None for reset=None. Raises TypeError, ValueError on types, shapes, NaN and names. Source: L9; Cho et al. 2014.
    """
    sizes = Sizes()
    sizes.floats("x_t", x_t, ("n_x", "m"))
    sizes.floats("c_prev", c_prev, ("n_a", "m"))
    sizes.params(params, {**gru_weights(reset), "Wy": ("n_y", "n_a"), "by": ("n_y", 1)}, _optional(reset))
    n_a = c_prev.shape[0]
    concat = np.concatenate([c_prev, x_t])  # (n_a + n_x, m)
    # Gamma_u = sigma(W_u [c<t-1>; x<t>] + b_u)
    gamma_u = sigmoid(params["Wu"] @ concat + params["bu"])  # (n_a, m)
    gamma_r = None
    if reset is None:
        # c_tilde = tanh(W_c [c<t-1>; x<t>] + b_c)
        c_tilde = np.tanh(params["Wc"] @ concat + params["bc"])
    else:
        # Gamma_r = sigma(W_r [c<t-1>; x<t>] + b_r)
        gamma_r = sigmoid(params["Wr"] @ concat + params["br"])
        if reset == "before":
            # c_tilde = tanh(W_c [Gamma_r * c<t-1>; x<t>] + b_c)
            c_tilde = np.tanh(params["Wc"] @ np.concatenate([gamma_r * c_prev, x_t]) + params["bc"])
        else:
            # c_tilde = tanh(Gamma_r * (W_cc c<t-1> + b_rc) + W_cx x<t> + b_c)
            inner = params["Wc"][:, :n_a] @ c_prev + params.get("brc", 0)
            c_tilde = np.tanh(gamma_r * inner + params["Wc"][:, n_a:] @ x_t + params["bc"])
    # c<t> = Gamma_u * c_tilde + (1 - Gamma_u) * c<t-1>
    c_next = gamma_u * c_tilde + (1 - gamma_u) * c_prev
    # y_hat<t> = softmax(W_y c<t> + b_y)
    y_hat_t = softmax(params["Wy"] @ c_next + params["by"])  # (n_y, m)
    return c_next, y_hat_t, (c_next, c_prev, gamma_u, gamma_r, c_tilde, x_t, params, reset)


def gru_cell_backward(dc_next: Array, cache: tuple[Any, ...]) -> dict[str, Array]:
    """Undo the memory cell of one step.

    dc_next: (n_a, m), the gradient with respect to c_next, from the output and from the next step together
    cache: that of gru_cell_forward

    Returns dx_t (n_x, m), dc_prev (n_a, m), dWu dbu dWr dbr dWc dbc (no dWr dbr for reset=None; dbrc where brc was given).
    Raises TypeError, ValueError on shapes. Source: L9, item 9.4.
    """
    c_next, c_prev, gamma_u, gamma_r, c_tilde, x_t, params, reset = cache
    sizes = Sizes()
    sizes.floats("c_next", c_next, ("n_a", "m"))
    sizes.floats("dc_next", dc_next, ("n_a", "m"))
    n_a = c_next.shape[0]
    Wc_c, Wc_x = params["Wc"][:, :n_a], params["Wc"][:, n_a:]
    concat = np.concatenate([c_prev, x_t])  # (n_a + n_x, m)
    # c<t> = Gamma_u * c_tilde + (1 - Gamma_u) * c<t-1>
    dz_u = dc_next * (c_tilde - c_prev) * gamma_u * (1 - gamma_u)
    dz_c = dc_next * gamma_u * (1 - c_tilde**2)
    dc_prev = dc_next * (1 - gamma_u)
    gradients = {"dWu": dz_u @ concat.T, "dbu": dz_u.sum(axis=1, keepdims=True)}
    dconcat = params["Wu"].T @ dz_u  # (n_a + n_x, m)
    if reset is None:
        seen, dinner = c_prev, dz_c
        dc_prev = dc_prev + Wc_c.T @ dz_c
    elif reset == "before":
        # c_tilde = tanh(W_c [Gamma_r * c<t-1>; x<t>] + b_c)
        seen, dinner = gamma_r * c_prev, dz_c
        dreset = Wc_c.T @ dz_c
        dgamma_r, dc_prev = dreset * c_prev, dc_prev + dreset * gamma_r
    else:
        # c_tilde = tanh(Gamma_r * (W_cc c<t-1> + b_rc) + W_cx x<t> + b_c)
        seen, dinner = c_prev, dz_c * gamma_r
        dgamma_r = dz_c * (Wc_c @ c_prev + params.get("brc", 0))
        dc_prev = dc_prev + Wc_c.T @ dinner
    if reset is not None:
        dz_r = dgamma_r * gamma_r * (1 - gamma_r)
        gradients |= {"dWr": dz_r @ concat.T, "dbr": dz_r.sum(axis=1, keepdims=True)}
        dconcat = dconcat + params["Wr"].T @ dz_r
    gradients["dWc"] = np.concatenate([dinner @ seen.T, dz_c @ x_t.T], axis=1)  # (n_a, n_a + n_x)
    gradients["dbc"] = dz_c.sum(axis=1, keepdims=True)
    if "brc" in params:
        gradients["dbrc"] = dinner.sum(axis=1, keepdims=True)
    return {"dx_t": dconcat[n_a:] + Wc_x.T @ dz_c, "dc_prev": dc_prev + dconcat[:n_a], **gradients}


def gru_forward(
    x: Array,
    c0: Array,
    params: Params,
    reset: str | None = "before",
    *,
    mask: Array | None = None,
    logits: bool = False,
) -> tuple[Array, Array | None, tuple[Any, ...]]:
    """The cell over whole sequences.

    x: (n_x, m, T_x); c0: (n_a, m); params, reset: as for the cell; without Wy and by, y_hat is None
    mask: (m, T_x), 0 at padding, where the memory cell is carried over; logits: leave the softmax of y_hat out

    Returns c (n_a, m, T_x), y_hat (n_y, m, T_x) and the caches (cells, gates, inner, x, params, mask, reset): cells
    (n_a, m, T_x + 1) are c<0> to c<T_x>; gates (3, n_a, m, T_x) are Gamma_u, Gamma_r, c_tilde (without reset Gamma_u, c_tilde);
    inner (n_a, m, T_x) is what the reset gate makes or scales (Gamma_r * c<t-1>, or W_cc c<t-1> + b_rc; None without reset).
    Raises TypeError, ValueError on types, shapes, NaN and names. Source: L9.
    """
    sizes = Sizes()
    sizes.floats("x", x, ("n_x", "m", "T_x"))
    sizes.floats("c0", c0, ("n_a", "m"))
    sizes.params(params, gru_weights(reset), {**output_axes(params, "Wy"), **_optional(reset)})
    mask = mask_of(mask, sizes)
    same_dtype(x=x, c0=c0, **params)
    n_a, T_x, m = sizes["n_a"], sizes["T_x"], sizes["m"]
    names = _gates(reset)
    half = params["bu"].dtype.type(0.5)
    # sigma(z) = (1 + tanh(z / 2)) / 2: with the gates' weights halved, one tanh serves gates and candidate
    W = np.stack([params["W" + gate] * (1 if gate == "c" else half) for gate in names])  # (3, n_a, n_a + n_x), or 2
    b = np.stack([params["b" + gate].T * (1 if gate == "c" else half) for gate in names])  # (3, 1, n_a)
    cells = empty((T_x + 1, m, n_a), c0.dtype)
    cells[0] = c0.T
    rows = time_major(x)  # (T_x, m, n_x)
    gates = empty((len(names), T_x, m, n_a), c0.dtype)
    # the input's share of all gates needs no state: one product for all steps, before the loop
    for gate, weights in zip(gates, W, strict=True):
        product(rows, weights[:, n_a:], out=gate)
    inner = None if reset is None else empty((T_x, m, n_a), c0.dtype)
    learners = swapped("gru_cell_forward")
    y_hat = None
    if learners is not None:
        (whole,), y_hat = run_forward(
            "gru_cell_forward",
            learners,
            x,
            [c0],
            params,
            output="Wy",
            mask=mask,
            logits=logits,
            extra=() if reset == "before" else (reset,),
        )
        cells[:] = whole.transpose(2, 1, 0)
    recurrent = W[:, :, :n_a].transpose(0, 2, 1)  # (3, n_a, n_a), or 2
    _run(gates, inner, cells, recurrent, b, params, reset, steps_of(mask, c0.dtype), follow=learners is not None)
    c = columns(cells[1:])
    if learners is None and "by" in params:
        y_hat = output_of(cells[1:], params, logits)
    return (
        c,
        y_hat,
        (
            columns(cells),
            gates.transpose(0, 3, 2, 1),
            None if inner is None else columns(inner),
            columns(rows),
            params,
            mask,
            reset,
        ),
    )


def _optional(reset: str | None) -> dict[str, Axes]:
    return {"brc": ("n_a", 1)} if reset == "after" else {}


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
    follow: bool,
) -> None:
    """Fill gates (3, T_x, m, n_a), inner and cells in place, step by step; with `follow`, the cells are there already."""
    into_gates, into_candidate = recurrent[:-1], recurrent[-1]
    z, kept = np.empty_like(gates[:-1, 0]), np.empty_like(cells[0])  # (2, m, n_a), or 1; (m, n_a)
    inner_bias = params["brc"].T if "brc" in params else None
    for t, c_prev in enumerate(cells[:-1]):
        sigma, c_tilde = gates[:-1, t], gates[-1, t]
        np.matmul(c_prev, into_gates, out=z)
        z += bias[:-1]
        sigma += z
        np.tanh(sigma, out=sigma)
        sigma *= 0.5
        sigma += 0.5
        if inner is None:
            np.matmul(c_prev, into_candidate, out=kept)
        elif reset == "before":
            np.multiply(sigma[1], c_prev, out=inner[t])
            np.matmul(inner[t], into_candidate, out=kept)
        else:
            np.matmul(c_prev, into_candidate, out=inner[t])
            if inner_bias is not None:
                inner[t] += inner_bias
            np.multiply(sigma[1], inner[t], out=kept)
        kept += bias[-1]
        c_tilde += kept
        np.tanh(c_tilde, out=c_tilde)
        if follow:
            continue
        # c<t> = c<t-1> + Gamma_u * (c_tilde - c<t-1>)
        c = cells[t + 1]
        np.subtract(c_tilde, c_prev, out=c)
        c *= sigma[0]
        if keep is not None:
            c *= keep[t]
        c += c_prev


def gru_backward(dc: Array, caches: tuple[Any, ...], *, steps: int | None = None) -> dict[str, Array]:
    """Backpropagation through time.

    dc: (n_a, m, T_x), the gradient that each step's own output sends to c<t>; caches: those of gru_forward
    steps: truncated backpropagation, the gradient does not cross from one block of so many steps into the block before

    Returns dx (n_x, m, T_x), dc0 (n_a, m), dWu dbu dWr dbr dWc dbc (no dWr dbr for reset=None; dbrc where brc was given).
    Raises TypeError, ValueError on shapes. Source: L9, item 9.4.
    """
    cells, gates, inner, x, params, mask, reset = caches
    sizes = Sizes()
    sizes.floats("x", x, ("n_x", "m", "T_x"))
    sizes.floats("params['Wu']", params["Wu"], ("n_a", cells.shape[0] + x.shape[0]))
    sizes.floats("dc", dc, ("n_a", "m", "T_x"))
    same_dtype(dc=dc, cells=cells, **params)
    check_steps(steps)
    n_a = sizes["n_a"]
    learners = swapped("gru_cell_backward")
    if learners is not None:
        gamma_r = None if reset is None else gates[1]
        return run_backward(
            "gru_cell_backward",
            learners,
            [dc],
            lambda t: (
                cells[:, :, t + 1],
                cells[:, :, t],
                gates[0, :, :, t],
                None if gamma_r is None else gamma_r[:, :, t],
                gates[-1, :, :, t],
                x[:, :, t],
                params,
                reset,
            ),
            states=["dc_prev"],
            shapes={
                "dx_t": x.shape[:2],
                **{"d" + name: params[name].shape for name in (*gru_weights(reset), "brc") if name in params},
            },
            mask=mask,
            steps=steps,
        )
    c, gate = time_major(cells), gates.transpose(0, 3, 2, 1)
    names = _gates(reset)
    W = np.concatenate([params["W" + name] for name in names])  # (3 n_a, n_a + n_x), or 2 n_a
    made = None if inner is None else time_major(inner)
    dz, dmade, dc0 = _run_back(time_major(dc), c, gate, made, W[:, :n_a], reset, steps_of(mask, dc.dtype), steps)
    dW_x, db = weight_gradient(dz, time_major(x)), bias_gradient(dz)
    dW_c = weight_gradient(dz[:, :, :-n_a], c[:-1])  # the gates' rows; the candidate's depend on the variant
    dW_candidate = weight_gradient(dmade, made if reset == "before" and made is not None else c[:-1])
    dW_c = np.concatenate([dW_c, dW_candidate])
    gradients = {"dx": columns(product(dz, W[:, n_a:].T)), "dc0": dc0.T}
    for i, name in enumerate(names):
        rows = slice(i * n_a, (i + 1) * n_a)
        gradients["dW" + name] = np.concatenate([dW_c[rows], dW_x[rows]], axis=1)  # (n_a, n_a + n_x)
        gradients["db" + name] = db[rows]
    if "brc" in params:
        gradients["dbrc"] = bias_gradient(dmade)
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
    T_x, m, n_a = dc.shape
    sigmoids = len(recurrent) - n_a
    dz, dc_next = empty((T_x, m, len(recurrent)), dc.dtype), np.zeros_like(dc[0])
    from_gates = transposable(recurrent[:sigmoids])  # (2 n_a, n_a), or n_a
    from_candidate = transposable(recurrent[sigmoids:])  # (n_a, n_a)
    # after: the candidate's weights see dz_c scaled by the reset gate; otherwise dz_c itself
    dmade = empty(dc.shape, dc.dtype) if reset == "after" else dz[:, :, sigmoids:]
    slope, back = np.empty_like(dc_next), np.empty_like(dc_next)
    for t in reversed(range(T_x)):
        gamma_u, gamma_r, c_tilde = gates[0, t], gates[-2, t], gates[-1, t]
        dz_u, dz_r, dz_c = dz[t][:, :n_a], dz[t][:, n_a:sigmoids], dz[t][:, sigmoids:]
        if steps is not None and (t + 1) % steps == 0:
            dc_next[:] = 0
        dc_next += dc[t]
        if keep is not None:
            held = (1 - keep[t]) * dc_next
            dc_next *= keep[t]
        # c<t> = Gamma_u * c_tilde + (1 - Gamma_u) * c<t-1>, tanh' = 1 - c_tilde^2
        np.multiply(c_tilde, c_tilde, out=slope)
        np.subtract(1, slope, out=slope)
        slope *= gamma_u
        np.multiply(slope, dc_next, out=dz_c)
        # sigma' = Gamma_u (1 - Gamma_u)
        np.subtract(c_tilde, c[t], out=back)
        back *= dc_next
        back *= gamma_u
        np.subtract(1, gamma_u, out=slope)
        np.multiply(back, slope, out=dz_u)
        dc_next *= slope
        if inner is None:
            np.matmul(dz_c, from_candidate, out=back)
        else:
            np.subtract(1, gamma_r, out=slope)
            slope *= gamma_r
            if reset == "before":
                np.matmul(dz_c, from_candidate, out=back)
                slope *= c[t]
                np.multiply(back, slope, out=dz_r)
                back *= gamma_r
            else:
                slope *= inner[t]
                np.multiply(dz_c, slope, out=dz_r)
                np.multiply(dz_c, gamma_r, out=dmade[t])
                np.matmul(dmade[t], from_candidate, out=back)
        dc_next += back
        np.matmul(dz[t][:, :sigmoids], from_gates, out=back)
        dc_next += back
        if keep is not None:
            dc_next += held
    return dz, dmade, dc_next
