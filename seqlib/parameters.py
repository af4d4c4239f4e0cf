"""How many numbers a network learns, and the stacked weights."""

from __future__ import annotations

import numpy as np

from seqlib.support.types import Array
from seqlib.support.validate import Sizes, check_counts

SETS = {"rnn": 1, "gru_simplified": 2, "gru": 3, "gru_after": 3, "lstm": 4}


def count_parameters(
    cell: str,
    n_x: int,
    n_a: int,
    n_y: int | None = None,
    *,
    layers: int = 1,
    bidirectional: bool = False,
    biases: int = 1,
    peephole: bool = False,
) -> int:
    """The number of weights and biases of a network.

    cell: "rnn", "gru", "gru_after" (without brc), "gru_simplified", "lstm"; or, without what follows n_a, "dense" (n_x inputs, n_a
        outputs) and "embedding" (n_x words, n_a features)
    n_x: features of the input
    n_a: units of a layer, in each direction
    n_y: outputs, or None for a network without an output layer
    layers: how many stand on one another
    bidirectional: whether each layer reads in both directions
    biases: bias vectors for each set of weights; torch.nn keeps 2
    peephole: three diagonal weights more in each LSTM layer

    Raises TypeError for a size that is no whole number, ValueError for one below 1, for an unknown cell and for an option that the cell
    does not have. Source: L3, item 3.5.

    10 units on 100 inputs have 10 * 100 + 10 * 10 + 10 weights and biases:

    >>> count_parameters("rnn", 100, 10)
    1110
    >>> count_parameters("lstm", 100, 10, 1)
    4451
    """
    check_counts(n_x=n_x, n_a=n_a, layers=layers, biases=biases, **({} if n_y is None else {"n_y": n_y}))
    if cell in ("embedding", "dense"):
        if n_y is not None or (layers, bidirectional, biases, peephole) != (1, False, 1, False):
            raise ValueError(f"cell={cell!r} is one layer without n_y, layers, bidirectional, biases and peephole")
        return n_x * n_a if cell == "embedding" else n_a * n_x + n_a
    if cell not in SETS:
        raise ValueError(f"cell must be one of {', '.join([*SETS, 'dense', 'embedding'])}; got {cell!r}")
    if peephole and cell != "lstm":
        raise ValueError(f"only an lstm has peepholes, got cell={cell!r}")
    directions = 2 if bidirectional else 1
    total, width = 0, n_x
    for _ in range(layers):
        total += directions * (SETS[cell] * n_a * (n_a + width + biases) + 3 * n_a * peephole)
        width = directions * n_a
    if n_y is not None:
        total += n_y * width + n_y
    return total


def stack_weights(Waa: Array, Wax: Array) -> Array:
    """W_a = [W_aa | W_ax], which multiplies [a<t-1>; x<t>].

    Waa: (n_a, n_a)
    Wax: (n_a, n_x)

    Returns (n_a, n_a + n_x). Raises ValueError where the two do not have the same number of rows. Source: L3, item 3.4.

    >>> stack_weights(np.array([[0.5]]), np.array([[1.0, 2.0]]))
    array([[0.5, 1. , 2. ]])
    """
    if Waa.ndim != 2 or Wax.ndim != 2 or Waa.shape != (Wax.shape[0], Wax.shape[0]):
        raise ValueError(f"Waa must be (n_a, n_a) and Wax (n_a, n_x); got {Waa.shape} and {Wax.shape}")
    return np.concatenate([Waa, Wax], axis=1)  # (n_a, n_a + n_x)


def unstack_weights(Wa: Array) -> tuple[Array, Array]:
    """The inverse of `stack_weights`: W_a = [W_aa | W_ax] (n_a, n_a + n_x) to W_aa (n_a, n_a) and W_ax (n_a, n_x), both views.

    Raises TypeError (no array of floats) and ValueError where Wa is not wider than high. Source: L3, item 3.4.
    """
    Sizes().floats("Wa", Wa, ("n_a", "width"))
    n_a, width = Wa.shape
    if width <= n_a:
        raise ValueError(f"Wa must be (n_a, n_a + n_x), wider than high; got {Wa.shape}")
    return Wa[:, :n_a], Wa[:, n_a:]
