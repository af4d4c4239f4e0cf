"""The deep recurrent network of lesson 12: layers of any cell on one another, in one direction or both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqlib.bidirectional import bidirectional_backward, bidirectional_forward
from seqlib.cells import part, sequence_backward, sequence_forward
from seqlib.output import output_forward
from seqlib.support.types import Array, Params
from seqlib.support.validate import Sizes, check_top


def deep_forward(
    x: Array,
    params: Params,
    cell: str = "rnn",
    *,
    a0: Sequence[Array] | None = None,
    c0: Sequence[Array] | None = None,
    mask: Array | None = None,
    logits: bool = False,
) -> tuple[Array, Array | None, tuple[Any, ...]]:
    """a^[l]<t> = g(W_a^[l] [a^[l]<t-1>; a^[l-1]<t>] + b_a^[l]) with a^[0]<t> = x<t>.

    x: (n_x, m, T_x)
    cell: as for bidirectional_forward
    params: each layer's names with its number, "1/Wax", "2/Wax" and so on, in a bidirectional layer "1/forward/Wax",
        "1/backward/Wax"; the sizes of the layers may differ; Wy (n_y, width of the top layer), by (n_y, 1), or no output
    a0 (c0 of an LSTM): one array for each layer, (n_a, m) or (2 n_a, m); zeros where they are left out
    mask: (m, T_x)

    Returns the top layer's a (n_a, m, T_x), y_hat (n_y, m, T_x) and caches (one for each layer).
    Raises TypeError, ValueError as the cell does, and where a layer or a start is missing. Source: L12.
    """
    layers = count_layers(params)
    check_top(params)
    Sizes().floats("x", x, ("n_x", "m", "T_x"))
    for name, starts in (("a0", a0), ("c0", c0)):
        if starts is not None and len(starts) != layers:
            raise ValueError(f"{name} must hold one array for each of the {layers} layers, got {len(starts)}")
    below, caches = x, []
    for layer in range(layers):
        weights = part(params, f"{layer + 1}/")
        start: dict[str, Any] = {
            "a0": None if a0 is None else a0[layer],
            "c0": None if c0 is None else c0[layer],
            "mask": mask,
        }
        if is_bidirectional(weights):
            given = {name: value for name, value in start.items() if value is not None}  # a learner's may lack c0
            below, _, cache = bidirectional_forward(below, weights, cell, **given)
        else:
            below, cache = sequence_forward(cell, below, weights, **start)
        caches.append((is_bidirectional(weights), cache))
    y_hat = output_forward(below, params, logits=logits) if "by" in params else None
    return below, y_hat, tuple(caches)


def deep_backward(
    da: Array,
    caches: tuple[Any, ...],
    *,
    dc: Array | None = None,
    last: tuple[Sequence[Array], Sequence[Array] | None] | None = None,
    steps: int | None = None,
) -> dict[str, Any]:
    """Gradients of deep_forward, from the top layer down.

    da: (n_a, m, T_x), what the outputs send to the top layer's state
    caches: those of deep_forward
    dc: (n_a, m, T_x), the same for the top layer's memory cell, of an LSTM
    last: what is sent to the last states of all layers, in one direction, in the form of last_states: a list of (n_a, m),
        and one for the memory cells or None
    steps: truncation in every layer

    Returns dx (n_x, m, T_x), da0 (dc0), a list with one array for each layer, and "d1/Wax", "d2/Wax" and so on.
    Raises TypeError, ValueError on shapes.
    """
    sizes = Sizes()
    sizes.floats("da", da, ("n_a", "m", "T_x"))
    if dc is not None:
        sizes.floats("dc", dc, ("n_a", "m", "T_x"))
    gradients: dict[str, Any] = {}
    starts: dict[str, list[Array]] = {"da0": [], "dc0": []}
    for layer in reversed(range(len(caches))):
        both, cache = caches[layer]
        if last is not None:
            da = _add_at_the_end(da, last[0][layer])
            dc = None if last[1] is None else _add_at_the_end(np.zeros_like(da) if dc is None else dc, last[1][layer])
        options: dict[str, Any] = {"dc": dc, "steps": steps}
        given = {name: value for name, value in options.items() if value is not None}
        layer_gradients = (bidirectional_backward if both else sequence_backward)(da, cache, **given)
        da, dc = layer_gradients.pop("dx"), None
        for name, parts in starts.items():
            if name in layer_gradients:
                parts.insert(0, layer_gradients.pop(name))
        gradients |= {f"d{layer + 1}/{name[1:]}": value for name, value in layer_gradients.items()}
    return {"dx": da, **{name: parts for name, parts in starts.items() if parts}, **gradients}


def last_states(caches: tuple[Any, ...]) -> tuple[list[Array], list[Array] | None]:
    """The last state of each layer (n_a, m), and of each LSTM's memory cell or None, from the caches of deep_forward.

    Raises ValueError for a layer in both directions, whose second half ends at the first step.
    """
    if any(both for both, _ in caches):
        raise ValueError("a bidirectional layer has no last state: one of its directions ends at the first step")
    inner = [cache for _, cache in caches]
    a = [arrays[0][:, :, -1] for _, arrays in inner]
    return a, [arrays[1][:, :, -1] for _, arrays in inner] if inner[0][0] == "lstm" else None


def count_layers(params: Params) -> int:
    """The number of layers in a deep network's parameters. Raises ValueError where none or one in between is missing."""
    numbers = {name.partition("/")[0] for name in params if "/" in name}
    layers = len(numbers)
    if not layers or numbers != {str(layer) for layer in range(1, layers + 1)}:
        raise ValueError(
            f'params must name each layer by its number, "1/Wax", "2/Wax" and so on; got {", ".join(params) or "nothing"}'
        )
    return layers


def is_bidirectional(params: Params) -> bool:
    """Whether one layer's parameters are those of two directions."""
    return any(name.startswith("forward/") for name in params)


def _add_at_the_end(upstream: Array, d: Array) -> Array:
    """A gradient (n_a, m, T_x) with d (n_a, m) added at the last step."""
    whole = upstream.copy()
    whole[:, :, -1] += d
    return whole
