"""The bidirectional network of lesson 11, over any cell: one pass from left to right, one from right to left."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.cells import part, sequence_backward, sequence_forward, units
from seqlib.output import output_forward
from seqlib.support.swap import replaceable
from seqlib.support.types import Array, Params
from seqlib.support.validate import Sizes, check_top, check_zeros_and_ones, mask_of

DIRECTIONS = ("forward", "backward")


@replaceable
def reverse_padded(x: Array, mask: Array) -> Array:
    """Each sequence of a batch in reversed order, within its own length; what stands at padding stays where it is.

    x: (n_x, m, T_x), floats or whole numbers
    mask: (m, T_x), 1 at tokens and 0 at padding; the tokens of a row change places with one another, wherever they are

    Returns an array of the shape and type of x. Raises TypeError, ValueError. Source: L11, item 11.3.

    >>> reverse_padded(np.array([[[1, 2, 3], [4, 5, 0]]]), np.array([[1.0, 1, 1], [1, 1, 0]]))
    array([[[3, 2, 1],
            [5, 4, 0]]])
    """
    if not isinstance(x, np.ndarray) or x.ndim != 3:
        raise TypeError(f"x must be a NumPy array (n_x, m, T_x), got {getattr(x, 'shape', type(x).__name__)}")
    if not isinstance(mask, np.ndarray) or mask.shape != x.shape[1:]:
        raise ValueError(f"mask must be (m, T_x) = {x.shape[1:]}, got {getattr(mask, 'shape', type(mask).__name__)}")
    check_zeros_and_ones(mask)
    turned = x.copy()
    for i, real in enumerate(mask == 1):
        turned[:, i, real] = x[:, i, real][:, ::-1]
    return turned


@replaceable
def bidirectional_forward(
    x: Array,
    params: Params,
    cell: str = "rnn",
    *,
    a0: Array | None = None,
    c0: Array | None = None,
    mask: Array | None = None,
    logits: bool = False,
) -> tuple[Array, Array | None, tuple[Any, ...]]:
    """y_hat<t> = softmax(W_y [a_forward<t>; a_backward<t>] + b_y), over any cell.

    x: (n_x, m, T_x)
    cell: "rnn", "gru", "gru_after", "gru_simplified" or "lstm"
    params: the cell's names for each direction, "forward/Wax", "backward/Wax" and so on; Wy (n_y, 2 n_a) and by (n_y, 1),
        without which y_hat is None
    a0, c0: (2 n_a, m), the state before the first word on top of that after the last, c0 of an LSTM's memory cells; zeros where left out
    mask: (m, T_x), 1 at tokens and 0 at padding: the pass from right to left starts at each sequence's own last token
    logits: leave the softmax of y_hat out

    Returns a (2 n_a, m, T_x), y_hat (n_y, m, T_x) and caches. Raises TypeError, ValueError as the cell does.
    Source: L11; Schuster and Paliwal 1997.

    One unit in each direction, and an input at the last word alone: only the right-to-left half knows of it before.

    >>> one = {"Wax": np.array([[1.0]]), "Waa": np.array([[0.5]]), "ba": np.zeros((1, 1))}
    >>> params = {f"{way}/{name}": value for way in DIRECTIONS for name, value in one.items()}
    >>> a, y_hat, caches = bidirectional_forward(np.array([[[0.0, 0.0, 1.0]]]), params)
    >>> a.round(3)[:, 0]
    array([[0.   , 0.   , 0.762],
           [0.18 , 0.363, 0.762]])
    """
    n_a = units(cell, params, "forward/")
    check_top(params)
    sizes = Sizes()
    sizes.floats("x", x, ("n_x", "m", "T_x"))
    for name, start in (("a0", a0), ("c0", c0)):
        if isinstance(start, np.ndarray) and start.shape[:1] != (2 * n_a,):
            raise ValueError(
                f"{name} must be (2 n_a, m) with n_a = {n_a}, one half for each direction; got shape {start.shape}"
            )
        if start is not None:
            sizes.floats(name, start, (2 * n_a, "m"))
    mask = mask_of(mask, sizes)
    halves, caches = [], []
    for i, direction in enumerate(DIRECTIONS):
        rows = slice(i * n_a, (i + 1) * n_a)
        a, cache = sequence_forward(
            cell,
            _turned(x, direction),
            part(params, direction + "/"),
            a0=None if a0 is None else a0[rows],
            c0=None if c0 is None else c0[rows],
            mask=None if mask is None else _turned(mask, direction),
        )
        halves.append(_turned(a, direction))
        caches.append(cache)
    both = np.concatenate(halves)  # (2 n_a, m, T_x)
    y_hat = output_forward(both, params, logits=logits) if "by" in params else None
    return both, y_hat, tuple(caches)


@replaceable
def bidirectional_backward(
    da: Array, caches: tuple[Any, ...], *, dc: Array | None = None, steps: int | None = None
) -> dict[str, Array]:
    """Gradients of bidirectional_forward.

    da: (2 n_a, m, T_x), what the outputs send to both directions' states
    caches: those of bidirectional_forward
    dc: (2 n_a, m, T_x), the same for the memory cells of an LSTM
    steps: truncation, in each direction

    Returns dx (n_x, m, T_x), da0 (dc0) (2 n_a, m), and "dforward/Wax", "dbackward/Wax" and so on. Raises ValueError on shapes.

    A loss on the right-to-left state of the second word reaches the third word and not the first:

    >>> one = {"Wax": np.array([[1.0]]), "Waa": np.array([[0.5]]), "ba": np.zeros((1, 1))}
    >>> params = {f"{way}/{name}": value for way in DIRECTIONS for name, value in one.items()}
    >>> a, y_hat, caches = bidirectional_forward(np.array([[[0.0, 0.0, 1.0]]]), params)
    >>> bidirectional_backward(np.array([[[0.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]]]), caches)["dx"].round(3)
    array([[[0.   , 0.868, 0.182]]])
    """
    sizes = Sizes()
    sizes.floats("da", da, ("2 n_a", "m", "T_x"))
    if dc is not None:
        sizes.floats("dc", dc, ("2 n_a", "m", "T_x"))
    if da.shape[0] % 2:
        raise ValueError(f"da must be (2 n_a, m, T_x), both directions on one another; got shape {da.shape}")
    n_a = da.shape[0] // 2
    gradients: dict[str, Array] = {}
    starts: dict[str, list[Array]] = {"da0": [], "dc0": []}
    for i, direction in enumerate(DIRECTIONS):
        rows = slice(i * n_a, (i + 1) * n_a)
        half = sequence_backward(
            _turned(da[rows], direction),
            caches[i],
            dc=None if dc is None else _turned(dc[rows], direction),
            steps=steps,
        )
        dx = _turned(half.pop("dx"), direction)
        gradients["dx"] = gradients["dx"] + dx if "dx" in gradients else dx
        for name, parts in starts.items():
            if name in half:
                parts.append(half.pop(name))
        gradients |= {f"d{direction}/{name[1:]}": value for name, value in half.items()}
    return gradients | {name: np.concatenate(parts) for name, parts in starts.items() if parts}


def _turned(x: Array, direction: str) -> Array:
    """x itself from left to right; with its last axis, time, reversed from right to left."""
    return x if direction == "forward" else x[..., ::-1]
