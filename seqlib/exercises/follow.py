"""Follow-through marking: what a function should give, computed with the learner's own earlier functions.

Each rule takes the case's arguments, the reference's result and a runner, and returns the expected result or None where
the learner's function cannot stand in (it fails, has another shape, or ignores its inputs, so that nothing would be proved).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from seqlib.exercises import calls


def rnn_forward(args: tuple[Any, ...], kwargs: dict[str, Any], expected: Any, runner: calls.Runner) -> Any | None:
    """Chain the learner's `rnn_cell_forward` over the steps of x."""
    x, a0, params = args
    a_expected, y_expected = expected[:2]
    hidden, outputs = np.empty_like(a_expected), np.empty_like(y_expected)
    a = a0
    for t in range(x.shape[2]):
        step = _cell(runner, x[:, :, t], a, params)
        if step is None or step[0].shape != hidden.shape[:2] or step[1].shape != outputs.shape[:2]:
            return None
        a, y_hat = step
        hidden[:, :, t], outputs[:, :, t] = a, y_hat
    moved = (_cell(runner, x[:, :, 0] + 0.5, a0, params), _cell(runner, x[:, :, 0], a0 + 0.5, params))
    if any(other is None or np.allclose(other[0], hidden[:, :, 0]) for other in moved):
        return None
    return (hidden, outputs, *expected[2:])


def _cell(
    runner: calls.Runner, x_t: np.ndarray, a_prev: np.ndarray, params: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray] | None:
    reply = calls.call(runner, "rnn_cell_forward", (x_t, a_prev, params))
    value = reply.value
    if reply.error or reply.missing or not isinstance(value, (tuple, list)) or len(value) < 2:
        return None
    a, y_hat = value[0], value[1]
    if not (isinstance(a, np.ndarray) and isinstance(y_hat, np.ndarray) and a.dtype.kind == y_hat.dtype.kind == "f"):
        return None
    return a, y_hat


def rnn_backward(args: tuple[Any, ...], kwargs: dict[str, Any], expected: Any, runner: calls.Runner) -> Any | None:
    """Chain the learner's `rnn_cell_backward` over the steps, last step first, each block of `steps` by itself."""
    da, (states, x, params, _) = args
    block = kwargs.get("steps") or x.shape[2]
    names = ("dWax", "dWaa", "dba")
    followed = {name: np.zeros_like(value) for name, value in expected.items()}
    da_next = np.zeros_like(followed["da0"])
    for t in reversed(range(x.shape[2])):
        da_next = da[:, :, t] + (da_next if (t + 1) % block else 0)
        cache = (states[:, :, t + 1], states[:, :, t], x[:, :, t], params)
        step = _cell_backward(runner, da_next, cache)
        moved = _cell_backward(runner, da_next + 0.5, cache)
        if step is None or moved is None or any(np.allclose(step[name], moved[name]) for name in step):
            return None
        followed["dx"][:, :, t] = step["dx_t"]
        da_next = step["da_prev"]
        for name in names:
            followed[name] += step[name]
    return {**followed, "da0": da_next}


def _cell_backward(runner: calls.Runner, da_next: np.ndarray, cache: tuple[Any, ...]) -> dict[str, np.ndarray] | None:
    a_prev, x_t, params = cache[1:]
    shapes = {
        "dx_t": x_t.shape,
        "da_prev": a_prev.shape,
        **{f"d{name}": params[name].shape for name in ("Wax", "Waa", "ba")},
    }
    reply = calls.call(runner, "rnn_cell_backward", (da_next, cache))
    value = reply.value
    if reply.error or reply.missing or not isinstance(value, dict):
        return None
    for name, shape in shapes.items():
        gradient = value.get(name)
        if not isinstance(gradient, np.ndarray) or gradient.shape != shape or gradient.dtype.kind != "f":
            return None
    return {name: value[name] for name in shapes}


Rule = Callable[[tuple[Any, ...], dict[str, Any], Any, calls.Runner], Any]
RULES: dict[str, Rule] = {"rnn_forward": rnn_forward, "rnn_backward": rnn_backward}
