"""The recurrent network over whole sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.fast.layout import (
    bias_gradient,
    columns,
    padding_of,
    product,
    steps_of,
    time_major,
    transposable,
    weight_gradient,
)
from seqlib.fast.memory import empty
from seqlib.fast.output import output_of
from seqlib.rnn import WEIGHTS
from seqlib.support.steps import starts_block
from seqlib.support.types import Array, Params
from seqlib.support.validate import check_backward, check_forward, output_axes


def rnn_forward(
    x: Array, a0: Array, params: Params, *, mask: Array | None = None, logits: bool = False
) -> tuple[Array, Array | None, tuple[Any, ...]]:
    """As seqlib.rnn_forward: a is a view of the caches, too."""
    sizes, mask = check_forward(x, {"a0": a0}, params, WEIGHTS, output_axes(params, "Wya"), mask)
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
    """As seqlib.rnn_backward."""
    states, x, params, mask = caches
    check_backward({"da": da}, states, x, params, steps)
    a, upstream = time_major(states), time_major(da)  # (T_x + 1, m, n_a), (T_x, m, n_a)
    dz, da_next = empty(upstream.shape, upstream.dtype), np.zeros_like(upstream[0])
    recurrent, keep = transposable(params["Waa"]), steps_of(mask, da.dtype)
    for t in reversed(range(len(dz))):
        if starts_block(t + 1, steps):
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
