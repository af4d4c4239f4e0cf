"""The recurrent network of lesson 3 and its backward pass of lesson 4: one cell, and the cell over a whole sequence.

`seqlib.fast` has the same functions over sequences with one product for all steps where the recurrence allows it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.activations import softmax
from seqlib.output import outputs_of_steps, with_output_layer
from seqlib.support.returned import in_use
from seqlib.support.steps import over_time, starts_block, tokens_at
from seqlib.support.types import Array, Params
from seqlib.support.validate import Axes, Sizes, check_backward, check_forward, output_axes

WEIGHTS: dict[str, Axes] = {"Wax": ("n_a", "n_x"), "Waa": ("n_a", "n_a"), "ba": ("n_a", 1)}


def rnn_cell_forward(x_t: Array, a_prev: Array, params: Params) -> tuple[Array, Array, tuple[Any, ...]]:
    """One step in time.

    x_t: (n_x, m), the input
    a_prev: (n_a, m), the state before
    params: Wax (n_a, n_x), Waa (n_a, n_a), ba (n_a, 1), Wya (n_y, n_a), by (n_y, 1)

    Returns a_next (n_a, m), y_hat_t (n_y, m) and the cache (a_next, a_prev, x_t, params).
    Raises TypeError, ValueError on types, shapes, NaN and names. Source: L3; Elman 1990.

    With one input and one unit, a<t> = tanh(0.5 * 1 + 2 * 0.25 + 0.1) = tanh(1.1):

    >>> params = {"Wax": np.array([[2.0]]), "Waa": np.array([[0.5]]), "ba": np.array([[0.1]])}
    >>> params |= {"Wya": np.array([[1.0], [-1.0]]), "by": np.zeros((2, 1))}
    >>> a_next, y_hat_t, cache = rnn_cell_forward(np.array([[0.25]]), np.array([[1.0]]), params)
    >>> a_next.round(3)
    array([[0.8]])
    >>> y_hat_t.round(3)
    array([[0.832],
           [0.168]])
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
    """Gradients of one step.

    da_next: (n_a, m), the gradient with respect to a_next, from the output and from the next step together
    cache: (a_next, a_prev, x_t, params) of rnn_cell_forward

    Returns dx_t (n_x, m), da_prev (n_a, m), dWax, dWaa, dba.
    Raises TypeError, ValueError on shapes. Source: L4, item 4.4.

    Where a<t> = 0.8, tanh' = 1 - 0.8^2 = 0.36:

    >>> params = {"Wax": np.array([[2.0]]), "Waa": np.array([[0.5]])}
    >>> cache = (np.array([[0.8]]), np.array([[1.0]]), np.array([[0.25]]), params)
    >>> {name: round(gradient.item(), 3) for name, gradient in rnn_cell_backward(np.array([[1.0]]), cache).items()}
    {'dx_t': 0.72, 'da_prev': 0.18, 'dWax': 0.09, 'dWaa': 0.36, 'dba': 0.36}
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

    x: (n_x, m, T_x), the inputs
    a0: (n_a, m), the state before the first step
    params: as for the cell; without Wya and by, y_hat is None
    mask: (m, T_x), 1 at tokens and 0 at padding, where the state is carried over unchanged
    logits: leave the softmax of y_hat out

    Returns a (n_a, m, T_x), y_hat (n_y, m, T_x) and the caches (states, x, params, mask), where states (n_a, m, T_x + 1)
    are a<0> to a<T_x>. Raises TypeError, ValueError on types, shapes, NaN and names. Source: L3.
    a is a view of states, which the backward pass reads: change a copy of it, not a itself.

    A unit that adds its input to half of its state, over three steps:

    >>> params = {"Wax": np.array([[1.0]]), "Waa": np.array([[0.5]]), "ba": np.array([[0.0]])}
    >>> a, y_hat, caches = rnn_forward(np.array([[[1.0, 0.0, 0.0]]]), np.zeros((1, 1)), params)
    >>> a.round(3)
    array([[[0.762, 0.363, 0.18 ]]])
    """
    sizes, mask = check_forward(x, {"a0": a0}, params, WEIGHTS, output_axes(params, "Wya"), mask)
    cell = in_use(rnn_cell_forward)
    complete = with_output_layer(params, "Wya", a0)
    a, y_hat = [a0], []
    for t in range(sizes["T_x"]):
        a_next, y_hat_t, _ = cell(x[:, :, t], a[-1], complete)
        tokens = tokens_at(mask, t, x.dtype)
        a.append(tokens * a_next + (1 - tokens) * a[-1])
        y_hat.append(y_hat_t)
    states = over_time(a)  # (n_a, m, T_x + 1)
    return states[:, :, 1:], outputs_of_steps(y_hat, states, params, mask, logits), (states, x, params, mask)


def rnn_backward(da: Array, caches: tuple[Any, ...], *, steps: int | None = None) -> dict[str, Array]:
    """Backpropagation through time: the gradients of the cell, last step first.

    da: (n_a, m, T_x), the gradient that each step's own output sends to a<t>
    caches: (states, x, params, mask) of rnn_forward
    steps: truncated backpropagation, the gradient does not cross from one block of so many steps into the block before

    Returns dx (n_x, m, T_x), da0 (n_a, m), dWax, dWaa, dba.
    Raises TypeError, ValueError on shapes. Source: L4; 4.5 for `steps`.

    A loss on the last state alone reaches the first input through two steps:

    >>> params = {"Wax": np.array([[1.0]]), "Waa": np.array([[0.5]]), "ba": np.array([[0.0]])}
    >>> a, _, caches = rnn_forward(np.array([[[1.0, 0.0, 0.0]]]), np.zeros((1, 1)), params)
    >>> gradients = rnn_backward(np.array([[[0.0, 0.0, 1.0]]]), caches)
    >>> gradients["dx"].round(3)
    array([[[0.088, 0.42 , 0.968]]])
    """
    a, x, params, mask = caches
    sizes = check_backward({"da": da}, a, x, params, steps)
    cell = in_use(rnn_cell_backward)
    gradients = {"d" + name: np.zeros_like(params[name]) for name in WEIGHTS}
    dx, da_prev = [], np.zeros_like(a[:, :, 0])
    for t in reversed(range(sizes["T_x"])):
        if starts_block(t + 1, steps):
            da_prev = np.zeros_like(da_prev)
        # a<t> goes into its step's own output and into the next step
        da_next = da[:, :, t] + da_prev
        tokens = tokens_at(mask, t, da.dtype)
        step = cell(tokens * da_next, (a[:, :, t + 1], a[:, :, t], x[:, :, t], params))
        dx.append(step["dx_t"])
        da_prev = step["da_prev"] + (1 - tokens) * da_next
        for name in gradients:
            gradients[name] += step[name]
    return {"dx": over_time(dx[::-1]), "da0": da_prev, **gradients}
