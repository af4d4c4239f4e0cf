"""Parameters in the names and shapes of other courses, and back: d2l and CS231n, which write vectors as rows.

A row convention has the transpose of every matrix, biases without a second axis, and the input and the state
apart where this course stacks them. PyTorch's layout is in `seqlib.torch`.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from seqlib.support.types import Array, Params

T = TypeVar("T")

# letter of d2l: weights and bias of this course, and the sign: d2l's update gate of a GRU is 1 - Gamma_u
D2L = {
    "rnn": {"h": ("Waa", "Wax", "ba", 1.0)},
    "gru": {"z": ("Wu", "Wu", "bu", -1.0), "r": ("Wr", "Wr", "br", 1.0), "h": ("Wc", "Wc", "bc", 1.0)},
    "lstm": {
        "i": ("Wu", "Wu", "bu", 1.0),
        "f": ("Wf", "Wf", "bf", 1.0),
        "o": ("Wo", "Wo", "bo", 1.0),
        "c": ("Wc", "Wc", "bc", 1.0),
    },
}
# CS231n has all gates in one matrix, side by side in this order; it has no GRU
CS231N = {"rnn": ("h",), "lstm": ("i", "f", "o", "c")}
OUTPUT = {"rnn": "Wya", "gru": "Wy", "lstm": "Wy"}


def to_d2l(params: Params, cell: str) -> Params:
    """W_xh (n_x, n_a), W_hh (n_a, n_a), b_h (n_a,) and the like for each gate, W_hq (n_a, n_y), b_q (n_y,) where there is an output layer.

    cell: "rnn", "gru" or "lstm". Raises ValueError: another cell, a name that params lack. Source: L3, item 3.4; Zhang et al., chapter 9.
    """
    names = [name for row in _gates(D2L, cell).values() for name in row[:3]]
    _check_names("params", params, [*names, *([OUTPUT[cell]] if "by" in params else [])], cell)
    out: Params = {}
    for letter, (from_state, from_input, bias, sign) in _gates(D2L, cell).items():
        Wa, Wx = params[from_state], params[from_input]
        if from_state == from_input:
            n_a = len(Wa)
            Wa, Wx = Wa[:, :n_a], Wx[:, n_a:]  # W = [of the state | of the input]
        out[f"W_x{letter}"] = sign * Wx.T
        out[f"W_h{letter}"] = sign * Wa.T
        out[f"b_{letter}"] = sign * params[bias][:, 0]
    if "by" in params:
        out["W_hq"], out["b_q"] = params[OUTPUT[cell]].T, params["by"][:, 0]
    return out


def from_d2l(weights: Params, cell: str) -> Params:
    """The inverse of `to_d2l`: the names and shapes of this course. Raises ValueError: another cell, a name that weights lack."""
    names = [name + letter for letter in _gates(D2L, cell) for name in ("W_x", "W_h", "b_")]
    _check_names("weights", weights, [*names, *(["W_hq"] if "b_q" in weights else [])], cell)
    params: Params = {}
    for letter, (from_state, from_input, bias, sign) in _gates(D2L, cell).items():
        Wa, Wx = sign * weights[f"W_h{letter}"].T, sign * weights[f"W_x{letter}"].T
        if from_state == from_input:
            params[from_state] = np.concatenate([Wa, Wx], axis=1)  # (n_a, n_a + n_x)
        else:
            params[from_state], params[from_input] = Wa, Wx
        params[bias] = sign * weights[f"b_{letter}"][:, None]
    if "b_q" in weights:
        params[OUTPUT[cell]], params["by"] = weights["W_hq"].T, weights["b_q"][:, None]
    return params


def to_cs231n(params: Params, cell: str) -> Params:
    """Wx (D, H) or (D, 4H), Wh (H, H) or (H, 4H), b (H,) or (4H,), W_vocab (H, V), b_vocab (V,); D = n_x, H = n_a.

    A layer without an output has no W_vocab and b_vocab.

    cell: "rnn" or "lstm", whose gates stand in the order i, f, o, g. Raises ValueError: another cell, a name that params lack.
    Source: L3, item 3.4; CS231n, assignment on captioning.
    """
    order, apart = _gates(CS231N, cell), to_d2l(params, cell)
    return {
        "Wx": np.concatenate([apart[f"W_x{letter}"] for letter in order], axis=1),
        "Wh": np.concatenate([apart[f"W_h{letter}"] for letter in order], axis=1),
        "b": np.concatenate([apart[f"b_{letter}"] for letter in order]),
        **({"W_vocab": apart["W_hq"], "b_vocab": apart["b_q"]} if "b_q" in apart else {}),
    }


def from_cs231n(weights: Params, cell: str) -> Params:
    """The inverse of `to_cs231n`. Raises ValueError: another cell, a name that weights lack."""
    order = _gates(CS231N, cell)
    _check_names("weights", weights, ["Wx", "Wh", "b", *(["W_vocab"] if "b_vocab" in weights else [])], cell)
    apart: Params = {"W_hq": weights["W_vocab"], "b_q": weights["b_vocab"]} if "b_vocab" in weights else {}
    for name, whole in (("W_x{}", weights["Wx"]), ("W_h{}", weights["Wh"]), ("b_{}", weights["b"])):
        for letter, part in zip(order, np.split(whole, len(order), axis=-1), strict=True):
            apart[name.format(letter)] = part
    return from_d2l(apart, cell)


def to_rows(x: Array) -> Array:
    """A batch (n_x, m, T_x) with an example a row, batch first: (m, T_x, n_x). Raises ValueError: not three axes."""
    if x.ndim != 3:
        raise ValueError(f"x must have the axes (n_x, m, T_x), got shape {x.shape}")
    return x.transpose(1, 2, 0)


def to_columns(x: Array) -> Array:
    """The inverse of `to_rows`: (m, T_x, n_x) to (n_x, m, T_x). Raises ValueError: not three axes."""
    if x.ndim != 3:
        raise ValueError(f"x must have the axes (m, T_x, n_x), got shape {x.shape}")
    return x.transpose(2, 0, 1)


def _check_names(argument: str, given: Params, names: list[str], cell: str) -> None:
    missing = [name for name in dict.fromkeys(names) if name not in given]
    if missing:
        held = ", ".join(given) or "nothing"
        raise ValueError(f"{argument} lack {', '.join(missing)}, which the {cell} needs here; they hold {held}")


def _gates(table: dict[str, T], cell: str) -> T:
    if cell not in table:
        raise ValueError(f"cell must be one of {', '.join(table)}; got {cell!r}")
    return table[cell]
