"""Two cures for exploding gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from seqlib.support.swap import replaceable
from seqlib.support.types import Array, Params

EXACT = 1e-30  # below this sum of squares some of them may have been rounded to nothing


@replaceable
def clip_elementwise(gradients: Mapping[str, Array], limit: float) -> Params:
    """Each element cut to the range from -limit to limit, which may change the direction. The inputs stay as they are.

    gradients: arrays of any shapes
    limit: the largest absolute value that an element may have

    Returns a new dict, of the same types. Raises TypeError on what is no array of floats, ValueError where limit is not positive,
    FloatingPointError on NaN. Source: L8, item 8.3.

    >>> clip_elementwise({"dW": np.array([3.0, -0.5])}, 1.0)
    {'dW': array([ 1. , -0.5])}
    """
    _check_limit(limit)
    _check_floats(gradients)
    _refuse(gradients, np.isnan, "NaN")
    limit = float(limit)  # a float64 of NumPy's would make float64 of float32
    return {name: np.clip(gradient, -limit, limit) for name, gradient in gradients.items()}


@replaceable
def clip_by_norm(gradients: Mapping[str, Array], limit: float) -> Params:
    """All gradients scaled by one factor, so that their common norm is at most limit; the direction stays. The inputs do, too.

    gradients: arrays of any shapes
    limit: the largest Euclidean norm that all of them together may have

    Returns a new dict. Raises TypeError on what is no array of floats, ValueError where limit is not positive,
    FloatingPointError on NaN and infinite elements.
    Source: L8, item 8.3; Pascanu et al. 2013.

    >>> clip_by_norm({"dW": np.array([3.0, 0.0]), "db": np.array([4.0])}, 1.0)
    {'dW': array([0.6, 0. ]), 'db': array([0.8])}
    """
    _check_limit(limit)
    largest, norm = _norm(gradients)
    # g * min(1, limit / norm)
    if largest == 1:
        scale = limit / norm if norm > limit else 1.0
        return {name: gradient * gradient.dtype.type(scale) for name, gradient in gradients.items()}
    if norm <= limit / largest:
        return {name: gradient.copy() for name, gradient in gradients.items()}
    return {
        name: ((gradient / largest) * (limit / norm)).astype(gradient.dtype) for name, gradient in gradients.items()
    }


@replaceable
def global_norm(gradients: Mapping[str, Array]) -> float:
    """The Euclidean norm of all gradients as one long vector.

    gradients: arrays of any shapes

    Returns a number. Raises TypeError on what is no array of floats, FloatingPointError on NaN and infinite elements. Source: L8, item 8.3.

    >>> global_norm({"dW": np.array([[3.0, 0.0]]), "db": np.array([[4.0]])})
    5.0
    """
    largest, norm = _norm(gradients)
    return largest * norm


def _norm(gradients: Mapping[str, Array]) -> tuple[float, float]:
    """Two factors of the common norm: 1 and the norm or, where squares are too large or too small, the largest element and the rest."""
    _check_floats(gradients)
    squares = sum(float(np.vdot(gradient, gradient)) for gradient in gradients.values())
    if EXACT < squares < np.inf:
        return 1.0, float(np.sqrt(squares))
    _refuse(gradients, lambda gradient: ~np.isfinite(gradient), "NaN or infinite")
    largest = max((float(np.abs(gradient).max(initial=0)) for gradient in gradients.values()), default=0.0)
    if largest == 0:
        return 1.0, 0.0
    return largest, float(np.sqrt(sum(float(((gradient / largest) ** 2).sum()) for gradient in gradients.values())))


def _refuse(gradients: Mapping[str, Array], refused: Callable[[Array], Array], kind: str) -> None:
    for name, gradient in gradients.items():
        count = np.count_nonzero(refused(gradient))
        if count:
            raise FloatingPointError(
                f"gradients[{name!r}] has {count} {kind} of {gradient.size} elements, which no factor mends: "
                "find the step that made them, or lower the learning rate"
            )


def _check_floats(gradients: Mapping[str, Array]) -> None:
    for name, gradient in gradients.items():
        if not isinstance(gradient, np.ndarray | np.generic):
            raise TypeError(f"gradients[{name!r}] must be a NumPy array, got {type(gradient).__name__}")
        if gradient.dtype.kind != "f":
            raise TypeError(
                f"gradients[{name!r}] must hold floats, got dtype {gradient.dtype}; integers would be cut off: use .astype(float)"
            )


def _check_limit(limit: float) -> None:
    if not limit > 0:
        raise ValueError(f"limit must be positive, got {limit}")
