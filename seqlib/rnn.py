"""The recurrent network of lesson 3 and its way back of lesson 4: one cell, and the whole sequence."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.activations import softmax
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
from seqlib.swap import swapped
from seqlib.types import Array, Params
from seqlib.validate import Axes, Sizes, check_counts, mask_of, output_axes, same_dtype

WEIGHTS: dict[str, Axes] = {"Wax": ("n_a", "n_x"), "Waa": ("n_a", "n_a"), "ba": ("n_a", 1)}


def rnn_cell_forward(x_t: Array, a_prev: Array, params: Params) -> tuple[Array, Array, tuple[Any, ...]]:
    """One step in time.

    x_t: (n_x, m), the input; a_prev: (n_a, m), the state before
    params: Wax (n_a, n_x), Waa (n_a, n_a), ba (n_a, 1), Wya (n_y, n_a), by (n_y, 1)

    Returns a_next (n_a, m), y_hat_t (n_y, m) and the cache (a_next, a_prev, x_t, params).
    Raises TypeError, ValueError on types, shapes, NaN and names. Source: L3; Elman 1990.
    """
    sizes = Sizes()
    sizes.floats("x_t", x_t, ("n_x", "m"))
    sizes.floats("a_prev", a_prev, ("n_a", "m"))
    sizes.params(params, {**WEIGHTS, "Wya": ("n_y", "n_a"), "by": ("n_y", 1)}, {})
    Wax, Waa, ba, Wya, by = (params[name] for name in ("Wax", "Waa", "ba", "Wya", "by"))
    # a<t> = tanh(W_aa a<t-1> + W_ax x<t> + b_a)
    a_next = np.tanh(Waa @ a_prev + Wax @ x_t + ba)  # (n_a, m)
    # y_hat<t> = softmax(W_ya a<t> + b_y)
    y_hat_t = softmax(Wya @ a_next + by)  # (n_y, m)
    return a_next, y_hat_t, (a_next, a_prev, x_t, params)


def rnn_cell_backward(da_next: Array, cache: tuple[Any, ...]) -> dict[str, Array]:
    """Undo the state of one step.

    da_next: (n_a, m), the gradient of the loss with respect to a_next, from the output and from the next step together
    cache: (a_next, a_prev, x_t, params) of rnn_cell_forward

    Returns dx_t (n_x, m), da_prev (n_a, m), dWax, dWaa, dba. Raises TypeError, ValueError on shapes. Source: L4, item 4.4.
    """
    a_next, a_prev, x_t, params = cache
    sizes = Sizes()
    sizes.floats("a_next", a_next, ("n_a", "m"))
    sizes.floats("da_next", da_next, ("n_a", "m"))
    # tanh' = 1 - tanh^2
    dz = (1 - a_next**2) * da_next  # (n_a, m)
    return {
        "dx_t": params["Wax"].T @ dz,  # (n_x, m)
        "da_prev": params["Waa"].T @ dz,  # (n_a, m)
        "dWax": dz @ x_t.T,  # (n_a, n_x)
        "dWaa": dz @ a_prev.T,  # (n_a, n_a)
        "dba": dz.sum(axis=1, keepdims=True),  # (n_a, 1)
    }


def rnn_forward(
    x: Array, a0: Array, params: Params, *, mask: Array | None = None, logits: bool = False
) -> tuple[Array, Array | None, tuple[Any, ...]]:
    """The cell over whole sequences, with the same weights at every step.

    x: (n_x, m, T_x); a0: (n_a, m), the state before the first step; params: as for the cell; without Wya and by, y_hat is None
    mask: (m, T_x), 1 at tokens and 0 at padding, where the state is carried over unchanged
    logits: leave the softmax of y_hat out

    Returns a (n_a, m, T_x), y_hat (n_y, m, T_x) and the caches (states, x, params, mask), where states (n_a, m, T_x + 1)
    are a<0> to a<T_x>. Raises TypeError, ValueError on types, shapes, NaN and names. Source: L3.
    """
    sizes = Sizes()
    sizes.floats("x", x, ("n_x", "m", "T_x"))
    sizes.floats("a0", a0, ("n_a", "m"))
    sizes.params(params, WEIGHTS, output_axes(params, "Wya"))
    mask = mask_of(mask, sizes)
    same_dtype(x=x, a0=a0, **params)
    learners = swapped("rnn_cell_forward")
    if learners is not None:
        (whole,), y_hat = run_forward(
            "rnn_cell_forward", learners, x, [a0], params, output="Wya", mask=mask, logits=logits
        )
        return whole[:, :, 1:], y_hat, (whole, x, params, mask)
    T_x, m = sizes["T_x"], sizes["m"]
    states = empty((T_x + 1, m, sizes["n_a"]), a0.dtype)  # a<0> .. a<T_x>
    states[0] = a0.T
    # W_ax x<t> needs no state: one product for all steps, before the loop, which adds the rest in place
    rows = time_major(x)  # (T_x, m, n_x)
    product(rows, params["Wax"], out=states[1:])
    padding, z, bias = padding_of(mask), np.empty_like(states[0]), params["ba"].T
    for t in range(T_x):
        np.matmul(states[t], params["Waa"].T, out=z)
        z += bias
        states[t + 1] += z
        np.tanh(states[t + 1], out=states[t + 1])
        if padding is not None:
            np.copyto(states[t + 1], states[t], where=padding[t])
    a = columns(states[1:])
    y_hat = output_of(states[1:], params, logits) if "by" in params else None
    return a, y_hat, (columns(states), columns(rows), params, mask)


def rnn_backward(da: Array, caches: tuple[Any, ...], *, steps: int | None = None) -> dict[str, Array]:
    """Backpropagation through time.

    da: (n_a, m, T_x), the gradient that each step's own output sends to a<t>; caches: those of rnn_forward
    steps: truncated backpropagation, the gradient does not cross from one block of so many steps into the block before

    Returns dx (n_x, m, T_x), da0 (n_a, m), dWax, dWaa, dba. Raises TypeError, ValueError on shapes. Source: L4; 4.5 for `steps`.
    """
    states, x, params, mask = caches
    sizes = Sizes()
    sizes.floats("x", x, ("n_x", "m", "T_x"))
    sizes.floats("params['Waa']", params["Waa"], ("n_a", "n_a"))
    sizes.floats("da", da, ("n_a", "m", "T_x"))
    same_dtype(da=da, states=states, **params)
    check_steps(steps)
    learners = swapped("rnn_cell_backward")
    if learners is not None:
        return run_backward(
            "rnn_cell_backward",
            learners,
            [da],
            lambda t: (states[:, :, t + 1], states[:, :, t], x[:, :, t], params),
            states=["da_prev"],
            shapes={"dx_t": x.shape[:2], **{"d" + name: params[name].shape for name in WEIGHTS}},
            mask=mask,
            steps=steps,
        )

    a, upstream = time_major(states), time_major(da)  # (T_x + 1, m, n_a), (T_x, m, n_a)
    dz = empty(upstream.shape, upstream.dtype)
    da_next = np.zeros_like(upstream[0])
    recurrent = transposable(params["Waa"])
    keep = steps_of(mask, da.dtype)
    for t in reversed(range(sizes["T_x"])):
        if steps is not None and (t + 1) % steps == 0:
            da_next[:] = 0
        da_next += upstream[t]
        # dz<t> = (1 - a<t>^2) da<t>
        np.multiply(a[t + 1], a[t + 1], out=dz[t])
        np.subtract(1, dz[t], out=dz[t])
        dz[t] *= da_next
        if keep is None:
            np.matmul(dz[t], recurrent, out=da_next)
        else:
            dz[t] *= keep[t]
            da_next = dz[t] @ recurrent + (1 - keep[t]) * da_next
    return {
        "dx": columns(product(dz, params["Wax"].T)),
        "da0": da_next.T,
        "dWax": weight_gradient(dz, time_major(x)),
        "dWaa": weight_gradient(dz, a[:-1]),
        "dba": bias_gradient(dz),
    }


def check_steps(steps: int | None) -> None:
    """Check the block length of truncated backpropagation, None for no truncation. Raises TypeError, ValueError."""
    if steps is not None:
        check_counts(steps=steps)
