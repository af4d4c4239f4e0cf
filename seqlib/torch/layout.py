"""Where a cell's weights are kept for speed, and the course's names for them.

All gates stand on one another in one matrix for the input and one for the state, in the order and with the names of torch.nn,
so that cuDNN takes them as they are:

    weight_ih (gates * n_a, n_x), weight_hh (gates * n_a, n_a), bias_ih (gates * n_a,) and, for cuDNN, bias_hh

torch.nn has two biases where the course has one. Here bias_hh is 0 and not trained, but for `brc` of the GRU that resets
after its product. The update gate of that GRU is 1 - Gamma_u in torch, so its rows are negated: 1 - sigma(z) = sigma(-z).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

Tensors = dict[str, Tensor]

# gates in the order in which they are stacked, and the sign of their rows
GATES: dict[str, tuple[tuple[str, int], ...]] = {
    "rnn": (("a", 1),),
    "lstm": (("u", 1), ("f", 1), ("c", 1), ("o", 1)),  # torch: i, f, g, o
    "gru_after": (("r", 1), ("u", -1), ("c", 1)),  # torch: r, z, n
    "gru": (("u", 1), ("r", 1), ("c", 1)),  # torch.nn does not have the last two
    "gru_simplified": (("u", 1), ("c", 1)),
}
CUDNN = ("rnn", "lstm", "gru_after")
PEEPHOLES = ("pf", "pu", "po")


def stack(cell: str, params: Mapping[str, Tensor]) -> Tensors:
    """One layer's weights as they are kept, from the course's names: weight_ih, weight_hh, bias_ih, bias_hh, peephole (3, n_a).

    The kept weights that a cell does not have are left out. Raises KeyError where a name is missing.
    """
    if cell == "rnn":
        kept = {"weight_ih": params["Wax"], "weight_hh": params["Waa"], "bias_ih": params["ba"][:, 0]}
    else:
        n_a = len(params["Wu"])
        W = torch.cat([sign * params["W" + gate] for gate, sign in GATES[cell]])  # (gates * n_a, n_a + n_x)
        b = torch.cat([sign * params["b" + gate] for gate, sign in GATES[cell]])  # (gates * n_a, 1)
        kept = {"weight_ih": W[:, n_a:], "weight_hh": W[:, :n_a], "bias_ih": b[:, 0]}
    if cell in CUDNN:
        kept["bias_hh"] = torch.zeros_like(kept["bias_ih"])
        if "brc" in params:
            kept["bias_hh"][-len(params["brc"]) :] = params["brc"][:, 0]
    if "pf" in params:
        kept["peephole"] = torch.stack([params[name][:, 0] for name in PEEPHOLES])
    return kept


def unstack(cell: str, kept: Mapping[str, Tensor], *, inner_bias: bool = False) -> Tensors:
    """The inverse of `stack`: the course's names and shapes. inner_bias: with brc, which is 0 in most models."""
    if cell == "rnn":
        return {"Wax": kept["weight_ih"], "Waa": kept["weight_hh"], "ba": kept["bias_ih"][:, None]}
    gates = GATES[cell]
    from_state, from_input = kept["weight_hh"].chunk(len(gates)), kept["weight_ih"].chunk(len(gates))
    biases = kept["bias_ih"].chunk(len(gates))
    params: Tensors = {}
    for (gate, sign), W_a, W_x, b in sorted(zip(gates, from_state, from_input, biases, strict=True), key=_course_order):
        params["W" + gate] = sign * torch.cat([W_a, W_x], dim=1)  # (n_a, n_a + n_x)
        params["b" + gate] = sign * b[:, None]  # (n_a, 1)
    if inner_bias:
        params["brc"] = kept["bias_hh"].chunk(len(gates))[-1][:, None]
    if "peephole" in kept:
        params |= {name: p[:, None] for name, p in zip(PEEPHOLES, kept["peephole"], strict=True)}
    return params


def prefixes(layers: int, bidirectional: bool, numbered: bool) -> list[tuple[str, str]]:
    """For each layer and direction: what the course writes before its names, and what torch.nn writes behind its own.

    numbered: write the layer's number even where there is only one
    """
    directions = (("forward/", ""), ("backward/", "_reverse")) if bidirectional else (("", ""),)
    return [
        ((f"{layer + 1}/" if numbered or layers > 1 else "") + before, f"_l{layer}{behind}")
        for layer in range(layers)
        for before, behind in directions
    ]


def _course_order(row: tuple[tuple[str, int], Tensor, Tensor, Tensor]) -> int:
    return "furoc".index(row[0][0])
