"""The readable loops over a sequence that call a learner's cell, forward and backward, for every kind of cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seqlib.layout import time_major
from seqlib.output import output_of
from seqlib.types import Array, Params

Cell = Callable[..., Any]


def run_forward(
    name: str,
    cell: Cell,
    x: Array,
    first: Sequence[Array],
    params: Params,
    *,
    output: str,
    mask: Array | None,
    logits: bool,
    extra: tuple[Any, ...] = (),
) -> tuple[list[Array], Array | None]:
    """A learner's cell over a sequence.

    name: of the cell function, for errors; cell(x_t, *states, params, *extra) returns the next states, y_hat_t and more
    x: (n_x, m, T_x); first: the states before the first step (n_a, m); output: the name of the output layer's weights; mask: (m, T_x)
    Returns each state from <0> to <T_x> (n_a, m, T_x + 1) and y_hat (n_y, m, T_x): the learner's, but for padding, where it is that
    of the state carried over, and for logits, which a cell does not return. Raises TypeError, ValueError on what the cell returns.
    """
    states = [np.empty((*state.shape, x.shape[2] + 1), state.dtype) for state in first]
    for state, start in zip(states, first, strict=True):
        state[:, :, 0] = start
    given = output in params
    n_y = len(params["by"]) if given else 1
    # a learner's cell always finds an output layer
    zeros = {output: np.zeros((n_y, len(first[0])), x.dtype), "by": np.zeros((n_y, 1), x.dtype)}
    complete = params if given else {**params, **zeros}
    y_hat = np.empty((n_y, x.shape[1], x.shape[2]), x.dtype)
    for t in range(x.shape[2]):
        before = [state[:, :, t] for state in states]
        *after, y_hat_t, _ = _results(name, cell(x[:, :, t], *before, complete, *extra), len(states))
        keep = 1 if mask is None else mask[:, t].astype(x.dtype)
        for state, old, new in zip(states, before, after, strict=True):
            _check(name, "a state", new, "(n_a, m)", old.shape)
            state[:, :, t + 1] = keep * new + (1 - keep) * old
        if given:
            _check(name, "y_hat_t", y_hat_t, "(n_y, m)", y_hat.shape[:2])
            y_hat[:, :, t] = y_hat_t
    if not given:
        return states, None
    carried = output_of(time_major(states[0][:, :, 1:]), params, logits)
    if logits:
        return states, carried
    return states, y_hat if mask is None else np.where(mask > 0, y_hat, carried)


def run_backward(
    name: str,
    cell: Cell,
    upstream: Sequence[Array | None],
    cache_of: Callable[[int], tuple[Any, ...]],
    *,
    states: Sequence[str],
    shapes: dict[str, tuple[int, ...]],
    mask: Array | None,
    steps: int | None,
) -> dict[str, Array]:
    """A learner's cell backward over a sequence, last step first.

    cell(*dstates, cache) returns a dict with dx_t, the gradients of the states before (`states` names them) and of the parameters
    upstream: for each state what its own step's output sends to it (n_a, m, T_x), or None; cache_of(t): the cell's cache at step t
    shapes: those of dx_t and of the parameters' gradients
    Returns dx (n_x, m, T_x), "d" + state + "0" for each state, and the sums of the parameters' gradients.
    Raises TypeError, ValueError on what the cell returns.
    """
    first = next(array for array in upstream if array is not None)
    n_a, m, T_x = first.shape
    total = {key: np.zeros(shape, first.dtype) for key, shape in shapes.items() if key != "dx_t"}
    dx = np.empty((*shapes["dx_t"], T_x), first.dtype)
    flowing = [np.zeros((n_a, m), first.dtype) for _ in upstream]
    for t in reversed(range(T_x)):
        if steps is not None and (t + 1) % steps == 0:
            flowing = [np.zeros_like(state) for state in flowing]
        flowing = [d if own is None else d + own[:, :, t] for d, own in zip(flowing, upstream, strict=True)]
        keep = 1 if mask is None else mask[:, t].astype(first.dtype)
        step = cell(*(keep * d for d in flowing), cache_of(t))
        if not isinstance(step, dict):
            raise TypeError(f"{name} must return a dict of gradients, got {type(step).__name__}")
        missing = [key for key in (*shapes, *states) if key not in step]
        if missing:
            raise ValueError(f"{name} must return {', '.join((*shapes, *states))}: {', '.join(missing)} missing")
        for key, shape in {**shapes, **dict.fromkeys(states, (n_a, m))}.items():
            _check(name, key, step[key], "", shape)
        dx[:, :, t] = step["dx_t"]
        flowing = [step[key] + (1 - keep) * d for key, d in zip(states, flowing, strict=True)]
        for key in total:
            total[key] += step[key]
    ends = {key.removesuffix("_prev") + "0": d for key, d in zip(states, flowing, strict=True)}
    return {"dx": dx, **ends, **total}


def _results(name: str, values: Any, states: int) -> tuple[Any, ...]:
    if not isinstance(values, tuple | list) or len(values) != states + 2:
        got = f"{len(values)} values" if isinstance(values, tuple | list) else type(values).__name__
        raise TypeError(f"{name} must return {states + 2} values (next state, y_hat_t, cache), got {got}")
    return tuple(values)


def _check(name: str, what: str, value: Any, axes: str, shape: tuple[int, ...]) -> None:
    """A learner's array is never broadcast."""
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name} must return an array of shape {shape} for {what}, got {type(value).__name__}")
    if value.shape != shape:
        raise ValueError(f"{name} must return {what} of shape {shape} {axes}".rstrip() + f", got {value.shape}")
