"""One way to run any of the cells over a sequence, so that bidirectional and deep networks and the models need no `if`.

It takes the functions of `seqlib.fast`, and the plain loop where a learner's cell is to be called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from seqlib import fast, gru, lstm, rnn
from seqlib.support.swap import swapped
from seqlib.support.types import Array, Params

RESETS = {"gru": "before", "gru_after": "after", "gru_simplified": None}
CELLS = ("rnn", *RESETS, "lstm")


def weight_names(cell: str) -> tuple[str, ...]:
    """The names of a cell's weights, those that may be left out last. Raises ValueError for an unknown cell."""
    check_cell(cell)
    if cell == "rnn":
        return tuple(rnn.WEIGHTS)
    if cell == "lstm":
        return (*lstm.WEIGHTS, *lstm.PEEPHOLES)
    return (*gru.gru_weights(RESETS[cell]), *(("brc",) if cell == "gru_after" else ()))


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

    x: (n_x, m, T_x)
    params: the cell's own
    a0 (and c0 of an LSTM): (n_a, m), zeros where they are left out
    mask: (m, T_x)

    Returns a (n_a, m, T_x) and caches for sequence_backward. Raises TypeError, ValueError as the cell does.
    """
    check_cell(cell)
    if x.ndim != 3:
        raise ValueError(f"x must be (n_x, m, T_x), got shape {x.shape}")
    if c0 is not None and cell != "lstm":
        raise ValueError(f"only an lstm has a memory cell apart from its state: c0 was given with cell={cell!r}")
    start = np.zeros((units(cell, params), x.shape[1]), x.dtype) if a0 is None else a0
    if cell == "rnn":
        a, _, caches = _run("rnn_forward")(x, start, params, mask=mask)
    elif cell == "lstm":
        a, _, _, caches = _run("lstm_forward")(x, start, params, c0=c0, mask=mask)
    else:
        a, _, caches = _run("gru_forward")(x, start, params, RESETS[cell], mask=mask)
    return a, (cell, caches)


def sequence_backward(
    da: Array, caches: tuple[Any, ...], *, dc: Array | None = None, steps: int | None = None
) -> dict[str, Array]:
    """Gradients of sequence_forward.

    da: (n_a, m, T_x), what each step's output sends to a<t>
    caches: those of sequence_forward
    dc: (n_a, m, T_x), the same for the memory cell of an LSTM
    steps: truncation, as in rnn_backward

    Returns dx (n_x, m, T_x), da0 (and dc0 of an LSTM) (n_a, m), and the gradient "d" + name of every weight.
    Raises TypeError, ValueError as the cell does, and where dc is given without an LSTM.
    """
    cell, inner = caches
    if cell == "lstm":
        gradients: dict[str, Array] = _run("lstm_backward")(da, inner, dc=dc, steps=steps)
        return gradients
    if dc is not None:
        raise ValueError(f"only an lstm has a memory cell apart from its state: dc was given with cell={cell!r}")
    gradients = _run("rnn_backward" if cell == "rnn" else "gru_backward")(da, inner, steps=steps)
    if "dc0" in gradients:
        gradients["da0"] = gradients.pop("dc0")
    return gradients


def _run(name: str) -> Callable[..., Any]:
    """The fast function over sequences, or the plain loop where a learner's cell stands in for the library's."""
    kind, _, way = name.partition("_")
    learners = swapped(f"{kind}_cell_{way}") is not None
    plain = {"rnn": rnn, "lstm": lstm, "gru": gru}[kind]
    return cast("Callable[..., Any]", getattr(plain if learners else fast, name))
