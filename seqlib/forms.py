"""The forms of a recurrent network (lesson 5), over the plain network of lesson 3: which steps have an input, and which outputs are read.

One to one is an ordinary layer, and many to many with T_y = T_x is `rnn_forward` itself.
"""

from __future__ import annotations

import numpy as np

from seqlib.output import output_forward
from seqlib.pooling import final_states
from seqlib.rnn import WEIGHTS, rnn_cell_forward, rnn_forward
from seqlib.support.returned import in_use
from seqlib.support.steps import over_time
from seqlib.support.swap import replaceable
from seqlib.support.types import Array, Params
from seqlib.support.validate import Axes, Sizes, check_counts

NETWORK: dict[str, Axes] = {**WEIGHTS, "Wya": ("n_y", "n_a"), "by": ("n_y", 1)}
Written = tuple[Array, Array]


@replaceable
def many_to_one_forward(x: Array, a0: Array, params: Params, mask: Array) -> Array:
    """One answer for each sequence, from the state of its last real step.

    x: (n_x, m, T_x)
    a0: (n_a, m)
    params: Wax Waa ba Wya by, as for rnn_cell_forward
    mask: (m, T_x), 1 at real steps and 0 at padding, which does not count

    Returns y_hat (n_y, m). Raises TypeError, ValueError as rnn_forward and final_states do. Source: L5, item 5.1.

    Two copies of a sequence, one of them with a padded step, get the same answer:

    >>> params = {"Wax": np.array([[1.0]]), "Waa": np.array([[0.5]]), "ba": np.array([[0.3]])}
    >>> params |= {"Wya": np.array([[1.0], [-1.0]]), "by": np.zeros((2, 1))}
    >>> x = np.array([[[1.0, -1.0, 0.0], [1.0, -1.0, 0.0]]])
    >>> mask = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]])
    >>> many_to_one_forward(x, np.zeros((1, 2)), params, mask).round(3)
    array([[0.372, 0.372],
           [0.628, 0.628]])
    """
    Sizes().params(params, NETWORK, {})
    # no mask is needed here: what the state becomes at padding is never read
    a, _, _ = rnn_forward(x, a0, {name: params[name] for name in WEIGHTS})  # (n_a, m, T_x)
    # y_hat = softmax(W_ya a<T> + b_y), T the last real step
    return output_forward(final_states(a, mask)[:, :, None], params)[:, :, 0]


@replaceable
def one_to_many_forward(x1: Array, a0: Array, params: Params, T_y: int) -> Written:
    """A sequence from one input: each step reads the most probable output of the step before.

    x1: (n_x, m), the input of the first step
    a0: (n_a, m), the state before it
    params: as for rnn_cell_forward; an output is fed back, so n_y = n_x
    T_y: how many steps are written

    Returns y (m, T_y), the index of the most probable output at each step (of equals the lowest), and y_hat (n_y, m, T_y).
    Raises TypeError, ValueError (shapes, n_y that is not n_x, T_y below 1). Source: L5, item 5.1.

    Weights that move on by one, 0 to 1 to 2 to 0, and no memory:

    >>> params = {"Wax": 2 * np.eye(3), "Waa": np.zeros((3, 3)), "ba": np.zeros((3, 1))}
    >>> params |= {"Wya": 9 * np.roll(np.eye(3), 1, axis=0), "by": np.zeros((3, 1))}
    >>> y, y_hat = one_to_many_forward(np.array([[1.0], [0.0], [0.0]]), np.zeros((3, 1)), params, 4)
    >>> y
    array([[1, 2, 0, 1]])
    """
    check_counts(T_y=T_y)
    sizes = Sizes()
    sizes.floats("x1", x1, ("n_x", "m"))
    sizes.floats("a0", a0, ("n_a", "m"))
    sizes.params(params, NETWORK, {})
    n_y = sizes["n_y"]
    if n_y != sizes["n_x"]:
        raise ValueError(f"an output is the next input, so n_y must be n_x = {sizes['n_x']}, got n_y = {n_y}")
    cell = in_use(rnn_cell_forward)
    x_t, a_t = x1, a0
    y, y_hat = [], []
    for _ in range(T_y):
        a_t, y_hat_t, _ = cell(x_t, a_t, params)
        y_t = y_hat_t.argmax(axis=0)  # (m,)
        # x<t+1> is the one-hot column of y<t>
        x_t = np.eye(n_y, dtype=x1.dtype)[:, y_t]  # (n_x, m)
        y.append(y_t)
        y_hat.append(y_hat_t)
    return np.stack(y, axis=1), over_time(y_hat)


@replaceable
def encoder_decoder_forward(x: Array, mask: Array, encoder: Params, decoder: Params, T_y: int) -> Written:
    """A sequence from a sequence of another length: the encoder's last real state is the decoder's first.

    x: (n_x, m, T_x), what the encoder reads, from a state of zeros
    mask: (m, T_x), 1 at real steps and 0 at padding
    encoder: Wax Waa ba; it has no output layer
    decoder: Wax Waa ba Wya by, with as many units; its inputs are its own outputs, and zeros at the first step
    T_y: how many steps the decoder writes

    Returns y (m, T_y) and y_hat (n_y, m, T_y) as one_to_many_forward does. Raises TypeError, ValueError.
    Source: L5, item 5.1; Sutskever et al. 2014.

    An encoder that adds up its inputs, and a decoder that takes off as much at each step, and writes 1 until nothing is left:

    >>> encoder = {"Wax": np.array([[0.1]]), "Waa": np.array([[1.0]]), "ba": np.zeros((1, 1))}
    >>> decoder = {"Wax": np.zeros((1, 2)), "Waa": np.array([[1.0]]), "ba": np.array([[-0.1]])}
    >>> decoder |= {"Wya": np.array([[0.0], [100.0]]), "by": np.array([[0.0], [5.0]])}
    >>> x = np.array([[[0.0, 1.0, 0.0, 1.0, 0.0], [1.0, 1.0, 1.0, 0.0, 0.0]]])
    >>> mask = np.array([[1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 0.0, 0.0]])
    >>> encoder_decoder_forward(x, mask, encoder, decoder, 4)[0]
    array([[1, 1, 0, 0],
           [1, 1, 1, 0]])
    """
    reading, writing = Sizes(), Sizes()
    reading.floats("x", x, ("n_x", "m", "T_x"))
    reading.params(encoder, WEIGHTS, {})
    writing.params(decoder, NETWORK, {})
    if reading["n_a"] != writing["n_a"]:
        raise ValueError(
            "the encoder's state is the decoder's first, so they need as many units; "
            f"got n_a = {reading['n_a']} and {writing['n_a']}"
        )
    m = reading["m"]
    a, _, _ = rnn_forward(x, np.zeros((reading["n_a"], m), x.dtype), encoder)  # (n_a, m, T_x)
    # a<0> of the decoder = the encoder's last real state; x<1> = 0
    return one_to_many_forward(np.zeros((writing["n_x"], m), x.dtype), final_states(a, mask), decoder, T_y)
