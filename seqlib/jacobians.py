"""What is left of a gradient after many steps: the Jacobians da<T>/da<k> of lesson 8, products of one matrix per step."""

from __future__ import annotations

import numpy as np

from seqlib.cells import RESETS, check_cell, units
from seqlib.gru import gru_cell_backward, gru_cell_forward
from seqlib.lstm import lstm_cell_backward, lstm_cell_forward
from seqlib.output import with_output_layer
from seqlib.rnn import rnn_cell_backward, rnn_cell_forward
from seqlib.support.swap import replaceable
from seqlib.support.types import Array, Params
from seqlib.support.validate import Sizes


@replaceable
def jacobian_norms(a: Array, Waa: Array) -> Array:
    """The spectral norm (largest singular value) of da<T>/da<k> for every step k of a plain recurrent network.

    a: (n_a, m, T_x), its states a<1> to a<T>
    Waa: (n_a, n_a)

    Returns (m, T_x); the last column, da<T>/da<T>, is 1. Raises TypeError, ValueError. Source: L8, item 8.2; Pascanu et al. 2013.

    >>> jacobian_norms(np.zeros((2, 1, 4)), 0.5 * np.eye(2))
    array([[0.125, 0.25 , 0.5  , 1.   ]])
    """
    sizes = Sizes()
    sizes.floats("a", a, ("n_a", "m", "T_x"))
    sizes.floats("Waa", Waa, ("n_a", "n_a"))
    product = np.tile(np.eye(sizes["n_a"]), (sizes["m"], 1, 1))  # (m, n_a, n_a)
    norms = np.ones((sizes["m"], sizes["T_x"]))
    for k in reversed(range(sizes["T_x"] - 1)):
        # da<T>/da<k> = da<T>/da<k+1> diag(1 - a<k+1>^2) W_aa
        slopes = 1 - a[:, :, k + 1].T ** 2  # (m, n_a)
        product = (product * slopes[:, None, :]) @ Waa
        norms[:, k] = np.linalg.norm(product, 2, axis=(1, 2))
    return norms


def state_jacobians(cell: str, x: Array, params: Params) -> Array:
    """ds<T>/ds<k> of any cell for every step k, where the state s is all that one step hands to the next: a, or [a; c] of an LSTM.

    cell: a name, as for initialise_cell
    x: (n_x, T_x), one sequence
    params: the cell's own

    Returns (T_x, n_s, n_s), the last of them the identity. Raises TypeError, ValueError. Source: L8, item 8.2.

    >>> params = {"Waa": 0.5 * np.eye(2), "Wax": np.zeros((2, 1)), "ba": np.zeros((2, 1))}
    >>> state_jacobians("rnn", np.zeros((1, 3)), params)[:, 0, 0]
    array([0.25, 0.5 , 1.  ])
    """
    check_cell(cell)
    Sizes().floats("x", x, ("n_x", "T_x"))
    n_a = units(cell, params)
    n_s = 2 * n_a if cell == "lstm" else n_a
    complete = with_output_layer(params, "Wya" if cell == "rnn" else "Wy", np.zeros((n_a, 1)))
    state, steps = np.zeros((n_s, n_s)), []  # the same example n_s times: one column for each element of the state
    for x_t in x.T:
        state, jacobian = _step(cell, np.tile(x_t[:, None], n_s), state, complete)
        steps.append(jacobian)
    product = np.eye(n_s)
    jacobians = [product]
    for jacobian in steps[:0:-1]:
        # ds<T>/ds<k> = ds<T>/ds<k+1> ds<k+1>/ds<k>
        product = product @ jacobian
        jacobians.append(product)
    return np.stack(jacobians[::-1])


def _step(cell: str, x_t: Array, state: Array, params: Params) -> tuple[Array, Array]:
    """The next state, and its Jacobian: column i of a batch of unit vectors sent backward is row i of it."""
    unit = np.eye(len(state))
    if cell == "rnn":
        a_next, _, cache = rnn_cell_forward(x_t, state, params)
        return a_next, rnn_cell_backward(unit, cache)["da_prev"].T
    if cell == "lstm":
        n_a = len(state) // 2
        a_next, c_next, _, memory = lstm_cell_forward(x_t, state[:n_a], state[n_a:], params)
        back = lstm_cell_backward(unit[:n_a], unit[n_a:], memory)
        return np.concatenate([a_next, c_next]), np.concatenate([back["da_prev"], back["dc_prev"]]).T
    c_next, _, inner = gru_cell_forward(x_t, state, params, RESETS[cell])
    return c_next, gru_cell_backward(unit, inner)["dc_prev"].T
