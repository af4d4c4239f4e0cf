"""The activations of the course: sigmoid, softmax and its logarithm. tanh is NumPy's own."""

from __future__ import annotations

import numpy as np

from seqlib.support.types import Array


def sigmoid(z: Array) -> Array:
    """sigma(z) = 1 / (1 + e^-z), element by element, without overflow. Any shape; the shape stays. Source: L3."""
    # sigma(z) = (1 + tanh(z / 2)) / 2: tanh saturates where e^-z would overflow
    return 0.5 * np.tanh(0.5 * np.asarray(z)) + 0.5


def softmax(z: Array, axis: int = 0) -> Array:
    """softmax(z)_i = e^z_i / sum_j e^z_j along `axis` (0: down each column). z: (n_y, ...); the shape stays. Source: L3."""
    # softmax(z) = softmax(z - max z): the largest exponent becomes 0
    exponentials = np.exp(z - np.max(z, axis=axis, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=axis, keepdims=True))


def log_softmax(z: Array, axis: int = 0) -> Array:
    """log softmax(z) along `axis`, finite where softmax itself would be 0. z: (n_y, ...); the shape stays. Source: L6."""
    shifted = z - np.max(z, axis=axis, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True)))
