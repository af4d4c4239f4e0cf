"""A learner's cell in the loop over a sequence: what it returns is checked, and never broadcast."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

from seqlib.support.swap import swapped

Cell = TypeVar("Cell", bound=Callable[..., Any])
CACHES = {
    "rnn": ("a_next", "a_prev", "x_t", "params"),
    "lstm": "a_next c_next a_prev c_prev gamma_f gamma_u gamma_o c_tilde x_t params".split(),
    "gru": "c_next c_prev gamma_u gamma_r c_tilde x_t params reset".split(),
}
STATES = {"rnn": ("a",), "lstm": ("a", "c"), "gru": ("c",)}
GATES = ("gamma_f", "gamma_u", "gamma_r", "gamma_o", "c_tilde")
OUTPUT = ("Wya", "Wy", "by")


def in_use(cell: Cell) -> Cell:
    """The cell itself, or the learner's that stands in for it inside `using`, whose results are checked."""
    name = cell.__name__
    learners = swapped(name)
    if learners is None:
        return cell
    check = _check_forward if name.endswith("_forward") else _check_backward

    @functools.wraps(learners)
    def checked(*args: Any) -> Any:
        results = learners(*args)
        check(name, args, results)
        return results

    return cast(Cell, checked)


def _check_forward(name: str, args: tuple[Any, ...], results: Any) -> None:
    """Next states (n_a, m), y_hat_t (n_y, m), and the gates in the cache, which the loop keeps. Raises TypeError, ValueError."""
    kind = name.partition("_")[0]
    count = len(STATES[kind])
    before, params = args[1], args[1 + count]
    if not isinstance(results, tuple | list) or len(results) != count + 2:
        raise TypeError(f"{name} must return {count + 2} values (next state, y_hat_t, cache), got {_got(results)}")
    *states, y_hat_t, cache = results
    for state in states:
        _check_array(name, "a state", state, "(n_a, m)", before.shape)
    _check_array(name, "y_hat_t", y_hat_t, "(n_y, m)", (len(params["by"]), before.shape[1]))
    if kind == "rnn":  # has no gates: the states are all that its backward pass needs
        return
    if not isinstance(cache, tuple | list) or len(cache) != len(CACHES[kind]):
        raise TypeError(f"{name} must return the cache ({', '.join(CACHES[kind])}), got {_got(cache)}")
    for part, value in zip(CACHES[kind], cache, strict=True):
        if part in GATES and (part != "gamma_r" or "Wr" in params):
            _check_array(name, f"{part} in the cache", value, "(n_a, m)", before.shape)


def _check_backward(name: str, args: tuple[Any, ...], results: Any) -> None:
    """A dict with the gradients of x_t, of the states before and of the cell's own weights. Raises TypeError, ValueError."""
    kind = name.partition("_")[0]
    cache = dict(zip(CACHES[kind], args[-1], strict=True))
    weights = {"d" + key: value.shape for key, value in cache["params"].items() if key not in OUTPUT}
    states = {f"d{state}_prev": args[0].shape for state in STATES[kind]}
    shapes = {"dx_t": cache["x_t"].shape, **weights, **states}
    if not isinstance(results, dict):
        raise TypeError(f"{name} must return a dict of gradients, got {type(results).__name__}")
    missing = [key for key in shapes if key not in results]
    if missing:
        raise ValueError(f"{name} must return {', '.join(shapes)}: {', '.join(missing)} missing")
    for key, shape in shapes.items():
        _check_array(name, key, results[key], "", shape)


def _got(value: Any) -> str:
    return f"{len(value)} values" if isinstance(value, tuple | list) else type(value).__name__


def _check_array(name: str, part: str, value: Any, axes: str, shape: tuple[int, ...]) -> None:
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name} must return an array of shape {shape} for {part}, got {type(value).__name__}")
    if value.shape != shape:
        raise ValueError(f"{name} must return {part} of shape {shape} {axes}".rstrip() + f", got {value.shape}")
