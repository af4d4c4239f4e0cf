"""Two cures for exploding gradients."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seqlib.support.types import Array, Params


def clip_elementwise(gradients: Mapping[str, Array], limit: float) -> Params:
    """Each element cut to the range from -limit to limit, which may change the direction. The inputs stay as they are.

    Returns a new dict. Raises ValueError where limit is not positive. Source: L8, item 8.3.
    """
    _check(limit)
    return {name: np.clip(gradient, -limit, limit) for name, gradient in gradients.items()}


def clip_by_norm(gradients: Mapping[str, Array], limit: float) -> Params:
    """All gradients scaled by one factor, so that their common norm is at most limit; the direction stays.

    Returns a new dict. Raises ValueError where limit is not positive. Source: L8, item 8.3; Pascanu et al. 2013.
    """
    _check(limit)
    norm = global_norm(gradients)
    # g * min(1, limit / norm)
    scale = limit / norm if norm > limit else 1.0
    return {name: gradient * gradient.dtype.type(scale) for name, gradient in gradients.items()}


def global_norm(gradients: Mapping[str, Array]) -> float:
    """The Euclidean norm of all gradients as one long vector."""
    return float(np.sqrt(sum(float(np.vdot(gradient, gradient)) for gradient in gradients.values())))


def _check(limit: float) -> None:
    if not limit > 0:
        raise ValueError(f"limit must be positive, got {limit}")
