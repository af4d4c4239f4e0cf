"""The GRU of lesson 9: one cell and the cell over a whole sequence, forward and backward, in its three variants.

`reset="before"` is the course's: the reset gate acts on c<t-1> before the matrix product. `"after"` is that of torch.nn and
cuDNN: it scales the product. `None` is the simplified GRU without a reset gate. The three give different numbers.
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

    x_t: (n_x, m), the input
    c_prev: (n_a, m), the memory cell before, which is the state as well
    params: Wu Wr Wc (n_a, n_a + n_x) on [c; x], bu br bc (n_a, 1), Wy (n_y, n_a), by (n_y, 1); no Wr and br for reset=None;
        for reset="after" a bias inside the reset product may be given, brc (n_a, 1), as torch.nn has it
    reset: "before", "after" or None, the variants above

    Returns c_next (n_a, m), y_hat_t (n_y, m) and the cache (c_next, c_prev, gamma_u, gamma_r, c_tilde, x_t, params, reset);
    gamma_r is None for reset=None. Raises TypeError, ValueError on types, shapes, NaN and names. Source: L9; Cho et al. 2014.

    >>> params = {"Wu": np.array([[1.0, -1.0]]), "bu": np.array([[0.5]]), "Wc": np.array([[-1.0, 1.0]]), "bc": np.array([[-0.25]])}
    >>> params |= {"Wy": np.array([[1.0], [-1.0]]), "by": np.zeros((2, 1))}
    >>> c_next, y_hat_t, cache = gru_cell_forward(np.array([[1.0]]), np.array([[0.5]]), params, reset=None)
    >>> c_next.round(4)
    array([[0.3725]])
    """
    sizes = Sizes()
    sizes.floats("x_t", x_t, ("n_x", "m"))
    sizes.floats("c_prev", c_prev, ("n_a", "m"))
    sizes.params(params, {**gru_weights(reset), "Wy": ("n_y", "n_a"), "by": ("n_y", 1)}, optional_weights(reset))
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
    """Gradients of one step.

    dc_next: (n_a, m), the gradient with respect to c_next, from the output and from the next step together
    cache: (c_next, c_prev, gamma_u, gamma_r, c_tilde, x_t, params, reset) of gru_cell_forward

    Returns dx_t (n_x, m), dc_prev (n_a, m), dWu dbu dWr dbr dWc dbc (no dWr dbr for reset=None; dbrc where brc was given).
    Raises TypeError, ValueError on shapes. Source: L9, item 9.4.

    >>> params = {"Wu": np.array([[1.0, -1.0]]), "Wc": np.array([[-1.0, 1.0]])}
    >>> before, after, gate, candidate, one = (np.array([[value]]) for value in (0.5, 0.3725, 0.5, 0.2449, 1.0))
    >>> gradients = gru_cell_backward(one, (after, before, gate, None, candidate, one, params, None))
    >>> {name: round(gradients[name].item(), 3) for name in ("dx_t", "dc_prev", "dbu", "dbc")}
    {'dx_t': 0.534, 'dc_prev': -0.034, 'dbu': -0.064, 'dbc': 0.47}
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
    """The cell over whole sequences, with the same weights at every step.

    x: (n_x, m, T_x), the inputs
    c0: (n_a, m), the memory cell before the first step
    params, reset: as for the cell; without Wy and by, y_hat is None
    mask: (m, T_x), 1 at tokens and 0 at padding, where the memory cell is carried over unchanged
    logits: leave the softmax of y_hat out

    Returns c (n_a, m, T_x), y_hat (n_y, m, T_x) and the caches (cells, gates, inner, x, params, mask, reset): cells
    (n_a, m, T_x + 1) are c<0> to c<T_x>; gates (3, n_a, m, T_x) are Gamma_u, Gamma_r, c_tilde (without reset Gamma_u, c_tilde);
    inner (n_a, m, T_x) is what the reset gate makes or scales (Gamma_r * c<t-1>, or W_cc c<t-1> + b_rc; None without reset).
    Raises TypeError, ValueError on types, shapes, NaN and names. Source: L9.
    c is a view of cells, which the backward pass reads: change a copy of it, not c itself.

    >>> params = {"Wu": np.zeros((1, 2)), "bu": np.zeros((1, 1)), "Wc": np.array([[0.0, 1.0]]), "bc": np.zeros((1, 1))}
    >>> c, y_hat, caches = gru_forward(np.array([[[1.0, 0.0, 0.0]]]), np.zeros((1, 1)), params, reset=None)
    >>> c.round(3)
    array([[[0.381, 0.19 , 0.095]]])
    """
    sizes, mask = check_gru(x, c0, params, reset, mask)
    cell = in_use(gru_cell_forward)
    variant = () if reset == "before" else (reset,)  # the course's cell may be written without this argument
    complete = with_output_layer(params, "Wy", c0)
    c, y_hat, gates = [c0], [], []
    for t in range(sizes["T_x"]):
        c_next, y_hat_t, cache = cell(x[:, :, t], c[-1], complete, *variant)
        tokens = tokens_at(mask, t, x.dtype)
        c.append(tokens * c_next + (1 - tokens) * c[-1])
        y_hat.append(y_hat_t)
        gates.append([gate for gate in cache[2:5] if gate is not None])  # Gamma_u, Gamma_r, c_tilde
    cells, all_gates = over_time(c), over_time(gates)  # (n_a, m, T_x + 1), (3, n_a, m, T_x)
    inner = inside_reset(cells[:, :, :-1], all_gates, params, reset)
    outputs = outputs_of_steps(y_hat, cells, params, mask, logits)
    return cells[:, :, 1:], outputs, (cells, all_gates, inner, x, params, mask, reset)


def gru_backward(dc: Array, caches: tuple[Any, ...], *, steps: int | None = None) -> dict[str, Array]:
    """Backpropagation through time: the gradients of the cell, last step first.

    dc: (n_a, m, T_x), the gradient that each step's own output sends to c<t>
    caches: (cells, gates, inner, x, params, mask, reset) of gru_forward
    steps: truncated backpropagation, the gradient does not cross from one block of so many steps into the block before

    Returns dx (n_x, m, T_x), dc0 (n_a, m), dWu dbu dWr dbr dWc dbc (no dWr dbr for reset=None; dbrc where brc was given).
    Raises TypeError, ValueError on shapes. Source: L9, item 9.4.

    >>> params = {"Wu": np.zeros((1, 2)), "bu": np.zeros((1, 1)), "Wc": np.array([[0.0, 1.0]]), "bc": np.zeros((1, 1))}
    >>> _, _, caches = gru_forward(np.array([[[1.0, 0.0, 0.0]]]), np.zeros((1, 1)), params, reset=None)
    >>> gru_backward(np.array([[[0.0, 0.0, 1.0]]]), caches)["dc0"]
    array([[0.125]])
    """
    c, gates, _, x, params, mask, reset = caches
    sizes = check_backward({"dc": dc}, c, x, params, steps)
    cell = in_use(gru_cell_backward)
    names = [name for name in (*gru_weights(reset), "brc") if name in params]
    gradients = {"d" + name: np.zeros_like(params[name]) for name in names}
    dx, dc_prev = [], np.zeros_like(c[:, :, 0])
    for t in reversed(range(sizes["T_x"])):
        if starts_block(t + 1, steps):
            dc_prev = np.zeros_like(dc_prev)
        # c<t> goes into its step's own output and into the next step
        dc_next = dc[:, :, t] + dc_prev
        tokens = tokens_at(mask, t, dc.dtype)
        gamma_u, gamma_r, c_tilde = gates[0], None if reset is None else gates[1, :, :, t], gates[-1]
        cache = (c[:, :, t + 1], c[:, :, t], gamma_u[:, :, t], gamma_r, c_tilde[:, :, t], x[:, :, t], params, reset)
        step = cell(tokens * dc_next, cache)
        dx.append(step["dx_t"])
        dc_prev = step["dc_prev"] + (1 - tokens) * dc_next
        for name in gradients:
            gradients[name] += step[name]
    return {"dx": over_time(dx[::-1]), "dc0": dc_prev, **gradients}


def inside_reset(c_prev: Array, gates: Array, params: Params, reset: str | None) -> Array | None:
    """What the reset gate makes, Gamma_r * c<t-1>, or scales, W_cc c<t-1> + b_rc, at every step (n_a, m, T_x)."""
    if reset is None:
        return None
    if reset == "before":
        return np.asarray(gates[1] * c_prev)
    Wcc, brc = params["Wc"][:, : len(c_prev)], params.get("brc", np.zeros((1, 1), c_prev.dtype))
    return np.tensordot(Wcc, c_prev, axes=1) + brc[:, :, None]


def check_gru(x: Array, c0: Array, params: Params, reset: str | None, mask: Array | None) -> tuple[Sizes, Array | None]:
    """Check the arguments of gru_forward: the sizes, and the mask as floats. Raises TypeError, ValueError."""
    optional = {**output_axes(params, "Wy"), **optional_weights(reset)}
    return check_forward(x, {"c0": c0}, params, gru_weights(reset), optional, mask)


def optional_weights(reset: str | None) -> dict[str, Axes]:
    """The weights that a variant may have: a bias inside the reset product, as torch.nn has it."""
    return {"brc": ("n_a", 1)} if reset == "after" else {}
