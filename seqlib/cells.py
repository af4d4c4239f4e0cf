"""One way to run any of the cells over a sequence, so that bidirectional and deep networks and the models need no `if`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from seqlib.gru import gru_backward, gru_forward, gru_weights
from seqlib.lstm import PEEPHOLES, lstm_backward, lstm_forward
from seqlib.lstm import WEIGHTS as LSTM_WEIGHTS
from seqlib.rnn import WEIGHTS as RNN_WEIGHTS
from seqlib.rnn import rnn_backward, rnn_forward
from seqlib.types import Array, Params

RESETS = {"gru": "before", "gru_after": "after", "gru_simplified": None}
CELLS = ("rnn", *RESETS, "lstm")


def weight_names(cell: str) -> tuple[str, ...]:
    """The names of a cell's weights, those that may be left out last. Raises ValueError for an unknown cell."""
    check_cell(cell)
    if cell == "rnn":
        return tuple(RNN_WEIGHTS)
    if cell == "lstm":
        return (*LSTM_WEIGHTS, *PEEPHOLES)
    return (*gru_weights(RESETS[cell]), *(("brc",) if cell == "gru_after" else ()))


def check_cell(cell: str) -> None:
    """Raises ValueError for a cell that the library does not have."""
    if cell not in CELLS:
        raise ValueError(f"cell must be one of {', '.join(CELLS)}; got {cell!r}")


def units(cell: str, params: Params, prefix: str = "") -> int:
    """n_a of a cell's parameters. Raises ValueError where they are missing."""
    name = prefix + ("Waa" if cell == "rnn" else "Wu")
    if name not in params:
        raise ValueError(f"params lack {name}, which a {cell} has; they hold {', '.join(params) or 'nothing'}")
    return int(params[name].shape[0])


def part(params: Params, prefix: str) -> Params:
    """The parameters whose names start with a prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in params.items() if name.startswith(prefix)}


def sequence_forward(
    cell: str, x: Array, params: Params, *, a0: Array | None = None, c0: Array | None = None, mask: Array | None = None
) -> tuple[Array, tuple[Any, ...]]:
    """Any cell over whole sequences, without an output layer.

    x: (n_x, m, T_x); params: the cell's own; a0 (and c0 of an LSTM): (n_a, m), zeros where they are left out; mask: (m, T_x)
    Returns a (n_a, m, T_x) and caches for sequence_backward. Raises TypeError, ValueError as the cell does.
    """
    check_cell(cell)
    if x.ndim != 3:
        raise ValueError(f"x must be (n_x, m, T_x), got shape {x.shape}")
    if c0 is not None and cell != "lstm":
        raise ValueError(f"only an lstm has a memory cell apart from its state: c0 was given with cell={cell!r}")
    start = np.zeros((units(cell, params), x.shape[1]), x.dtype) if a0 is None else a0
    if cell == "rnn":
        a, _, caches = rnn_forward(x, start, params, mask=mask)
    elif cell == "lstm":
        a, _, _, caches = lstm_forward(x, start, params, c0=c0, mask=mask)
    else:
        a, _, caches = gru_forward(x, start, params, RESETS[cell], mask=mask)
    return a, (cell, caches)


def sequence_backward(
    da: Array, caches: tuple[Any, ...], *, dc: Array | None = None, steps: int | None = None
) -> dict[str, Array]:
    """Undo sequence_forward.

    da: (n_a, m, T_x); dc: the same for the memory cell of an LSTM; steps: truncation, as in rnn_backward
    Returns dx (n_x, m, T_x), da0 (and dc0 of an LSTM) (n_a, m), and the gradient "d" + name of every weight.
    """
    cell, inner = caches
    if cell == "lstm":
        return lstm_backward(da, inner, dc=dc, steps=steps)
    if dc is not None:
        raise ValueError(f"only an lstm has a memory cell apart from its state: dc was given with cell={cell!r}")
    backward: Callable[..., dict[str, Array]] = rnn_backward if cell == "rnn" else gru_backward
    gradients = backward(da, inner, steps=steps)
    if "dc0" in gradients:
        gradients["da0"] = gradients.pop("dc0")
    return gradients
