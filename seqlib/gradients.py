"""Gradient checking: what the derivative should be, by central differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from seqlib.support.types import Array, Params


class GradientRow(NamedTuple):
    """One line of the table."""

    name: str
    exact: bool
    relative_error: float
    largest_difference: float
    passed: bool


def numerical_gradient(
    loss: Callable[[Params], float], arrays: Mapping[str, Array], name: str, step: float = 1e-5
) -> Array:
    """(L(W + step) - L(W - step)) / (2 step), element by element of arrays[name]; the arrays stay as they are.

    loss: takes a dict like `arrays`, returns a number
    arrays: float64, any shapes
    name: which of them is moved

    Returns an array of the shape of arrays[name].
    """
    moved = dict(arrays)
    moved[name] = arrays[name].copy()
    flat, gradient = moved[name].reshape(-1), np.empty(arrays[name].size)
    for i, value in enumerate(arrays[name].flat):
        flat[i] = value + step
        above = loss(moved)
        flat[i] = value - step
        below = loss(moved)
        flat[i] = value
        gradient[i] = (above - below) / (2 * step)
    return gradient.reshape(arrays[name].shape)


def gradient_check(
    loss: Callable[[Params], float],
    arrays: Mapping[str, Array],
    gradients: Mapping[str, Array],
    *,
    tolerance: float = 1e-7,
    step: float = 1e-5,
    verbose: bool = True,
) -> list[GradientRow]:
    """Compare gradients with central differences, and print one line for each.

    loss: takes a dict like `arrays`, returns a number
    arrays: float64, any shapes
    gradients: the gradient of arrays["Wax"] is gradients["dWax"]; arrays without one are not checked
    tolerance: on the relative error |analytic - numerical| / (|analytic| + |numerical|), of the norms
    step: how far an element is moved to either side
    verbose: print the table

    Returns the rows of the table. Raises TypeError (not float64) and ValueError (a gradient of another shape, none at all,
    a loss that is not finite). Source: L4, item 4.4.

    The gradient of sum W^2 is 2 W:

    >>> W = np.array([[1.0, -3.0]])
    >>> rows = gradient_check(lambda arrays: (arrays["W"] ** 2).sum(), {"W": W}, {"dW": 2 * W}, verbose=False)
    >>> rows[0].name, rows[0].passed
    ('dW', True)
    """
    names = [name for name in arrays if "d" + name in gradients]
    if not names:
        raise ValueError(
            f"gradients must hold d{next(iter(arrays), 'W')} or the like, got {', '.join(gradients) or 'none'}"
        )
    if not np.isfinite(value := loss(dict(arrays))):
        raise ValueError(f"loss(arrays) must be finite, or there is nothing to check; got {value}")
    rows = []
    for name in names:
        if arrays[name].dtype != np.float64:
            raise TypeError(f"arrays[{name!r}] must be float64 for differences of {step}, got {arrays[name].dtype}")
        analytic = gradients["d" + name]
        if analytic.shape != arrays[name].shape:
            raise ValueError(f"gradients['d{name}'] must have the shape {arrays[name].shape}, got {analytic.shape}")
        rows.append(compare_gradients("d" + name, analytic, numerical_gradient(loss, arrays, name, step), tolerance))
    if verbose:
        print(gradient_table(rows))
    return rows


def compare_gradients(name: str, analytic: Array, expected: Array, tolerance: float = 1e-7) -> GradientRow:
    """One row: relative error of the norms, and the largest difference of one element. Two zeros are equal."""
    norms = np.linalg.norm(analytic) + np.linalg.norm(expected)
    relative = float(np.linalg.norm(analytic - expected) / norms) if norms != 0 else 0.0
    largest = float(np.abs(analytic - expected).max(initial=0))
    # both vanish but for rounding: the relative error says nothing
    passed = relative <= tolerance or largest <= 1e-10
    return GradientRow(name, bool(np.array_equal(analytic, expected)), relative, largest, bool(passed))


def gradient_table(rows: list[GradientRow]) -> str:
    """The rows as text."""
    width = max(8, *(len(row.name) for row in rows))
    lines = [f"{'gradient':<{width}}  exact  relative error  largest difference"]
    for row in rows:
        exact, verdict = "yes" if row.exact else "no", "" if row.passed else "  <- differs"
        lines.append(
            f"{row.name:<{width}}  {exact:<5}  {row.relative_error:14.1e}  {row.largest_difference:18.1e}{verdict}"
        )
    return "\n".join(lines)
