"""The deep recurrent network of lesson 12: layers of any cell on one another, in one direction or both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqlib.bidirectional import bidirectional_backward, bidirectional_forward
from seqlib.cells import part, sequence_backward, sequence_forward
from seqlib.output import output_forward
from seqlib.parameters import count_parameters
from seqlib.support.swap import replaceable
from seqlib.support.types import Array, Generator, Params
from seqlib.support.validate import Sizes, check_counts, check_top


@replaceable
def dropout_mask(shape: tuple[int, ...], share: float, rng: Generator, *, dtype: Any = np.float64) -> Array:
    """What an array is multiplied by in training: 0 with the probability `share`, else 1 / (1 - share), each element drawn by itself.

    The mean of what is drawn is 1, so that nothing is multiplied in testing.

    shape: of the array
    share: from 0 to below 1
    rng: the generator that every random number comes from
    dtype: of the result

    Returns an array of this shape. Raises TypeError, ValueError: another share, a size below 1.
    Source: L12; Srivastava et al. 2014, Zaremba et al. 2014 for recurrent networks.

    >>> dropout_mask((2, 5), 0.2, np.random.default_rng(2))
    array([[1.25, 1.25, 1.25, 0.  , 1.25],
           [1.25, 0.  , 0.  , 1.25, 1.25]])
    """
    if not 0 <= share < 1:
        raise ValueError(f"share must be from 0 to below 1, got {share}")
    check_counts(**{f"shape[{i}]": size for i, size in enumerate(shape)})
    return np.asarray((rng.random(shape) >= share) / (1 - share), dtype=dtype)


@replaceable
def deep_forward(
    x: Array,
    params: Params,
    cell: str = "rnn",
    *,
    a0: Sequence[Array] | None = None,
    c0: Sequence[Array] | None = None,
    mask: Array | None = None,
    dropout: Sequence[Array] | None = None,
    logits: bool = False,
) -> tuple[Array, Array | None, tuple[Any, ...]]:
    """a^[l]<t> = g(W_a^[l] [a^[l]<t-1>; a^[l-1]<t>] + b_a^[l]) with a^[0]<t> = x<t>.

    x: (n_x, m, T_x)
    cell: as for bidirectional_forward
    params: each layer's names with its number, "1/Wax", "2/Wax" and so on, in a bidirectional layer "1/forward/Wax",
        "1/backward/Wax"; the sizes of the layers may differ; Wy (n_y, width of the top layer), by (n_y, 1), or no output
    a0, c0: one array for each layer, (n_a, m) or (2 n_a, m), c0 of an LSTM alone; zeros where they are left out
    mask: (m, T_x)
    dropout: in training, for each layer but the top one what its states are multiplied by on their way up, (n_a, m, T_x), as
        dropout_mask draws it; their way through time is untouched. None in testing
    logits: leave the softmax out

    Returns the top layer's a (n_a, m, T_x), y_hat (n_y, m, T_x) and caches: for each layer what sequence_forward (bidirectional_forward)
    left, and its dropout mask or None.
    Raises TypeError, ValueError as the cell does, and where a layer, a start or a dropout mask is missing. Source: L12.

    Two layers of one unit, two steps:

    >>> params = {"1/Wax": np.array([[1.0]]), "1/Waa": np.array([[0.5]]), "1/ba": np.array([[0.1]])}
    >>> params |= {"2/Wax": np.array([[1.0]]), "2/Waa": np.array([[-0.5]]), "2/ba": np.array([[-0.2]])}
    >>> deep_forward(np.array([[[0.5, -0.3]]]), params)[0].round(3)
    array([[[ 0.325, -0.286]]])
    """
    layers = count_layers(params)
    check_top(params)
    Sizes().floats("x", x, ("n_x", "m", "T_x"))
    if dropout is not None and len(dropout) != layers - 1:
        raise ValueError(
            f"dropout must hold one array for each of the {layers - 1} layers below the top one, got {len(dropout)}"
        )
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
        drop = None if dropout is None or layer == layers - 1 else _checked(dropout[layer], below, layer + 1)
        caches.append((cache, drop))
        below = below if drop is None else below * drop
    y_hat = output_forward(below, params, logits=logits) if "by" in params else None
    return below, y_hat, tuple(caches)


@replaceable
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

    Two layers of one unit, two steps, and the gradient of the last state on top:

    >>> params = {"1/Wax": np.array([[1.0]]), "1/Waa": np.array([[0.5]]), "1/ba": np.array([[0.1]])}
    >>> params |= {"2/Wax": np.array([[1.0]]), "2/Waa": np.array([[-0.5]]), "2/ba": np.array([[-0.2]])}
    >>> caches = deep_forward(np.array([[[0.5, -0.3]]]), params)[2]
    >>> deep_backward(np.array([[[0.0, 1.0]]]), caches)["d1/Wax"].round(3)
    array([[-0.258]])
    """
    sizes = Sizes()
    sizes.floats("da", da, ("n_a", "m", "T_x"))
    if dc is not None:
        sizes.floats("dc", dc, ("n_a", "m", "T_x"))
    gradients: dict[str, Any] = {}
    starts: dict[str, list[Array]] = {"da0": [], "dc0": []}
    for layer in reversed(range(len(caches))):
        cache, drop = caches[layer]
        if drop is not None:
            da = da * drop  # on its way down, what was dropped on its way up
        if last is not None:
            da = _add_at_the_end(da, last[0][layer])
            dc = None if last[1] is None else _add_at_the_end(np.zeros_like(da) if dc is None else dc, last[1][layer])
        options: dict[str, Any] = {"dc": dc, "steps": steps}
        given = {name: value for name, value in options.items() if value is not None}
        layer_gradients = (bidirectional_backward if _is_both_ways(cache) else sequence_backward)(da, cache, **given)
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
    if any(_is_both_ways(cache) for cache, _ in caches):
        raise ValueError("a bidirectional layer has no last state: one of its directions ends at the first step")
    inner = [cache for cache, _ in caches]
    a = [arrays[0][:, :, -1] for _, arrays in inner]
    return a, [arrays[1][:, :, -1] for _, arrays in inner] if inner[0][0] == "lstm" else None


def width_within(budget: int, cell: str, n_x: int, n_y: int | None = None, *, layers: int = 1) -> int:
    """The most units per layer with which a network has no more than `budget` parameters: equal budgets for any number of layers.

    budget: the most weights and biases, those of the output layer among them
    cell, n_x, n_y, layers: as for count_parameters

    Returns n_a, the same in every layer. Raises TypeError where budget is no whole number, ValueError where one unit per layer is already
    too many, and as count_parameters does.
    Source: L12, item 12.2.

    >>> [width_within(16_000, "gru", 12, 29, layers=layers) for layers in (1, 2, 3)]
    [62, 38, 30]
    """
    if isinstance(budget, bool) or not isinstance(budget, int | np.integer):
        raise TypeError(f"budget must be a whole number, got {budget!r}")
    n_a = 0
    while count_parameters(cell, n_x, n_a + 1, n_y, layers=layers) <= budget:
        n_a += 1
    if n_a == 0:
        least = count_parameters(cell, n_x, 1, n_y, layers=layers)
        raise ValueError(f"budget must be at least {least}, what one unit per layer has; got {budget}")
    return n_a


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


def _is_both_ways(cache: tuple[Any, ...]) -> bool:
    """Whether a layer's cache is that of bidirectional_forward, one of sequence_forward for each direction."""
    return not isinstance(cache[0], str)


def _checked(drop: Array, a: Array, layer: int) -> Array:
    """A layer's dropout mask, of the shape and type of its states a (n_a, m, T_x)."""
    sizes = Sizes()
    sizes.floats("a", a, ("n_a", "m", "T_x"))
    sizes.floats(f"dropout of layer {layer}", drop, ("n_a", "m", "T_x"))
    return np.asarray(drop, dtype=a.dtype)


def _add_at_the_end(upstream: Array, d: Array) -> Array:
    """A gradient (n_a, m, T_x) with d (n_a, m) added at the last step."""
    whole = upstream.copy()
    whole[:, :, -1] += d
    return whole
