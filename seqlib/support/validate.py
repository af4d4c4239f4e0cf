"""Checks of arguments, with errors that name the argument, both shapes and the likely cause. Nothing is silently broadcast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from seqlib.support.types import Array, Params

Axes = tuple[str | int, ...]
NEEDS = {"m": "a batch needs at least one example", "T_x": "a sequence needs at least one step"}


class Sizes:
    """The sizes of named axes as they are met: the first array that has an axis fixes its size for the others."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, str]] = {}

    def __getitem__(self, axis: str) -> int:
        return self._known[axis][0]

    def floats(self, name: str, value: Any, axes: Axes) -> Array:
        """Check an array of floats: its type, number of axes, sizes, and that all are finite; returns it.

        An axis is a name such as "n_a", a fixed size, or a sum such as "n_a + n_x" of names that are known by then.
        Raises TypeError (not an array, not floats) and ValueError (shape, empty, NaN, infinite).
        """
        if not isinstance(value, np.ndarray):
            raise TypeError(f"{name} must be a NumPy array of shape {_text(axes)}, got {type(value).__name__}")
        if value.dtype.kind != "f":
            cause = "; integers would be cut off: use .astype(float)" if value.dtype.kind in "iub" else ""
            raise TypeError(f"{name} must hold floats, got dtype {value.dtype}{cause}")
        if value.ndim != len(axes):
            cause = (
                "; a batch of one example still has its axis m" if value.ndim == len(axes) - 1 and "m" in axes else ""
            )
            raise ValueError(f"{name} must have the axes {_text(axes)}, got shape {value.shape}{cause}")
        for axis, size in zip(axes, value.shape, strict=True):
            self._axis(name, value, axes, axis, size)
        flat = value.ravel(order="K")
        # the sum of squares is the quickest look at all elements; it overflows for large ones, which is no error
        if not np.isfinite(np.vdot(flat, flat)) and not np.isfinite(value).all():
            counts = {"NaN": np.isnan(value).sum(), "infinite": np.isinf(value).sum()}
            raise ValueError(
                f"{name} has {' and '.join(f'{count} {kind}' for kind, count in counts.items() if count)} of {value.size} elements; "
                "a loss that exploded earlier is the usual cause (clip the gradients)"
            )
        return value

    def _axis(self, name: str, value: Array, axes: Axes, axis: str | int, size: int) -> None:
        if isinstance(axis, int):
            expected, source = axis, ""
        elif "+" in axis:
            expected, source = sum(self[part.strip()] for part in axis.split("+")), ""
        elif axis in self._known:
            expected, source = self._known[axis][0], f" as in {self._known[axis][1]}"
        else:
            if size == 0:
                raise ValueError(
                    f"{name} has shape {value.shape}: the axis {axis} is empty; {NEEDS.get(axis, 'it needs at least one element')}"
                )
            self._known[axis] = (size, name)
            return
        if size != expected:
            cause = "; it looks transposed" if value.shape == tuple(self._size(a) for a in axes)[::-1] else ""
            known = "" if isinstance(axis, int) else f" with {axis} = {expected}{source}"
            raise ValueError(f"{name} must be {_text(axes)}{known}, got shape {value.shape}{cause}")

    def _size(self, axis: str | int) -> int | None:
        if isinstance(axis, int):
            return axis
        return (
            sum(self._known[part.strip()][0] for part in axis.split("+"))
            if "+" in axis
            else self._known.get(axis, (None, ""))[0]
        )

    def params(self, params: Mapping[str, Array], required: Mapping[str, Axes], optional: Mapping[str, Axes]) -> None:
        """Check a dict of parameters: no name missing, none unknown, every shape right, one dtype.

        Raises TypeError (not a dict, not floats) and ValueError (names, shapes, NaN, mixed dtypes).
        """
        if not isinstance(params, Mapping):
            raise TypeError(f"params must be a dict of arrays, got {type(params).__name__}")
        missing = [name for name in required if name not in params]
        unknown = [name for name in params if name not in required and name not in optional]
        if missing or unknown:
            names = ", ".join([*required, *(f"[{name}]" for name in optional)])
            problem = " and ".join(
                filter(
                    None,
                    (
                        f"lacks {', '.join(missing)}" if missing else "",
                        f"has the unknown {', '.join(map(repr, unknown))}" if unknown else "",
                    ),
                )
            )
            raise ValueError(f"params {problem}; its names are {names} (those in brackets may be left out)")
        for name, axes in {**required, **optional}.items():
            if name in params:
                self.floats(f"params[{name!r}]", params[name], axes)


def check_counts(**counts: Any) -> None:
    """Check whole numbers of at least 1. Raises TypeError, ValueError."""
    for name, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, int | np.integer):
            raise TypeError(f"{name} must be a whole number, got {count!r}")
        if count < 1:
            raise ValueError(f"{name} must be at least 1, got {count}")


def mask_of(mask: Any, sizes: Sizes) -> Array | None:
    """Check a mask (m, T_x) of zeros and ones and return it as floats, or None. Raises TypeError, ValueError."""
    if mask is None:
        return None
    if not isinstance(mask, np.ndarray):
        raise TypeError(f"mask must be a NumPy array (m, T_x) of zeros and ones, got {type(mask).__name__}")
    if mask.shape != (sizes["m"], sizes["T_x"]):
        raise ValueError(f"mask must be (m, T_x) = {(sizes['m'], sizes['T_x'])}, got shape {mask.shape}")
    check_zeros_and_ones(mask)
    return mask.astype(float)


def check_zeros_and_ones(mask: Array) -> None:
    """Raises ValueError for a mask that holds anything else."""
    others = mask[~np.isin(mask, (0, 1))]
    if others.size:
        raise ValueError(f"mask must hold only zeros (padding) and ones (tokens), got {others[0]}")


def check_forward(
    x: Any,
    states: Mapping[str, Any],
    params: Params,
    required: Mapping[str, Axes],
    optional: Mapping[str, Axes],
    mask: Any,
) -> tuple[Sizes, Array | None]:
    """The arguments of a pass over sequences: x (n_x, m, T_x), the first states (n_a, m), params, mask (m, T_x), one dtype.

    Returns the sizes, and the mask as floats or None. Raises TypeError, ValueError.
    """
    sizes = Sizes()
    sizes.floats("x", x, ("n_x", "m", "T_x"))
    for name, state in states.items():
        sizes.floats(name, state, ("n_a", "m"))
    sizes.params(params, required, optional)
    mask = mask_of(mask, sizes)
    same_dtype(x=x, **states, **params)
    return sizes, mask


def check_backward(upstream: Mapping[str, Any], states: Array, x: Array, params: Params, steps: int | None) -> Sizes:
    """The arguments of a backward pass: gradients (n_a, m, T_x) beside the states and inputs of the caches, one dtype; `steps`.

    Returns the sizes. Raises TypeError, ValueError.
    """
    sizes = Sizes()
    sizes.floats("x", x, ("n_x", "m", "T_x"))
    sizes.floats("a<0>", states[:, :, 0], ("n_a", "m"))
    for name, gradient in upstream.items():
        sizes.floats(name, gradient, ("n_a", "m", "T_x"))
    same_dtype(**upstream, states=states, **params)
    if steps is not None:
        check_counts(steps=steps)
    return sizes


def same_dtype(**arrays: Array) -> np.dtype[Any]:
    """The one dtype of some arrays. Raises TypeError where float32 and float64 are mixed."""
    dtypes = {name: array.dtype for name, array in arrays.items()}
    first = next(iter(dtypes.values()))
    for name, dtype in dtypes.items():
        if dtype != first:
            raise TypeError(f"{name} is {dtype}, {next(iter(dtypes))} is {first}: use one dtype throughout")
    return first


def output_axes(params: Params, name: str) -> dict[str, Axes]:
    """The output layer's parameters: both or none of them; a layer below another has none. Raises ValueError for one."""
    if (name in params) != ("by" in params):
        raise ValueError(f"params must hold both {name} and by, or neither (no output layer)")
    return {name: ("n_y", "n_a"), "by": ("n_y", 1)}


def check_top(params: Params) -> None:
    """Check the names of a network of several cells that belong to none of them: Wy and by, both or neither. Raises ValueError."""
    output_axes(params, "Wy")
    unknown = [name for name in params if "/" not in name and name not in ("Wy", "by")]
    if unknown:
        raise ValueError(
            f"params has the unknown {', '.join(map(repr, unknown))}; apart from the cells' own it holds Wy and by or neither"
        )


def _text(axes: Axes) -> str:
    return "(" + ", ".join(map(str, axes)) + ("," if len(axes) == 1 else "") + ")"
