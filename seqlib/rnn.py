"""The recurrent network: one cell, and the whole sequence."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.activations import softmax
from seqlib.swap import swapped
from seqlib.types import Array, Params


def rnn_cell_forward(x_t: Array, a_prev: Array, params: Params) -> tuple[Array, Array, tuple[Any, ...]]:
    """One step in time.

    x_t: (n_x, m), a_prev: (n_a, m); params: Wax (n_a, n_x), Waa (n_a, n_a), Wya (n_y, n_a), ba (n_a, 1), by (n_y, 1).
    Returns a_next (n_a, m), y_hat_t (n_y, m), and the cache (a_next, a_prev, x_t, params). Source: L3.
    """
    Wax, Waa, Wya, ba, by = (params[name] for name in ("Wax", "Waa", "Wya", "ba", "by"))
    # a<t> = tanh(W_aa a<t-1> + W_ax x<t> + b_a)
    a_next = np.tanh(Waa @ a_prev + Wax @ x_t + ba)  # (n_a, m)
    # y_hat<t> = softmax(W_ya a<t> + b_y)
    y_hat_t = softmax(Wya @ a_next + by)  # (n_y, m)
    return a_next, y_hat_t, (a_next, a_prev, x_t, params)


def rnn_forward(x: Array, a0: Array, params: Params) -> tuple[Array, Array, Any]:
    """A whole batch of sequences: x (n_x, m, T_x), a0 (n_a, m) to a (n_a, m, T_x), y_hat (n_y, m, T_x), caches. Source: L3."""
    cell = swapped("rnn_cell_forward") or rnn_cell_forward
    a, y_hat, caches = [], [], []
    a_next = a0
    for t in range(x.shape[2]):
        a_next, y_hat_t, cache = cell(x[:, :, t], a_next, params)
        a.append(a_next)
        y_hat.append(y_hat_t)
        caches.append(cache)
    return np.stack(a, axis=2), np.stack(y_hat, axis=2), caches
