"""From indices to arrays: one-hot columns, padded batches with their mask, and batches of shuffled examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from seqlib.support.swap import replaceable
from seqlib.support.types import Array, Generator


def check_indices(name: str, indices: Any, n: int) -> Array:
    """An array of indices from 0 to n - 1. Raises TypeError (no integers) and ValueError (outside, an empty list)."""
    array = np.asarray(indices)
    if array.dtype.kind not in "iu":
        if array.size == 0:
            raise ValueError(f"{name} is empty: it needs at least one index")
        raise TypeError(f"{name} must hold integers, got dtype {array.dtype}; encode turns tokens into indices")
    if array.size and not (array.min() >= 0 and array.max() < n):
        bad = array[(array < 0) | (array >= n)].flat[0]
        raise ValueError(f"{name} has {bad}, outside 0 to {n - 1}: another vocabulary than that of the model?")
    return array


@replaceable
def one_hot(indices: Any, n: int) -> Array:
    """One column for each index: 1 at the index, 0 elsewhere.

    indices: integers of any shape, such as (T_x,) or (m, T_x)
    n: the size of the vocabulary

    Returns (n, ...) in float64. Raises TypeError (no integers) and ValueError (outside 0 to n - 1, an empty list). Source: L2, item 2.3.

    >>> one_hot([2, 0], 3)
    array([[0., 1.],
           [0., 0.],
           [1., 0.]])
    """
    indices = check_indices("indices", indices, n)
    columns = np.zeros((n, indices.size))
    columns[indices.ravel(), np.arange(indices.size)] = 1
    return columns.reshape(n, *indices.shape)


@replaceable
def pad_batch(sequences: Sequence[Sequence[int]], pad_index: int = 0) -> tuple[Array, Array]:
    """Sequences of different lengths as one array, padded with pad_index.

    sequences: the tokens' indices of each sequence
    pad_index: what stands at padding

    Returns indices (m, T_x) in int64 and mask (m, T_x) in float64: 1 at a token, 0 at padding.
    Raises ValueError (no sequence, an empty one) and TypeError (no integers). Source: L2, item 2.5.

    >>> indices, mask = pad_batch([[5, 7, 4], [9]])
    >>> indices
    array([[5, 7, 4],
           [9, 0, 0]])
    >>> mask
    array([[1., 1., 1.],
           [1., 0., 0.]])
    """
    if len(sequences) == 0:
        raise ValueError("sequences is empty: a batch needs at least one sequence")
    lengths = np.array([len(sequence) for sequence in sequences])
    if lengths.min() == 0:
        raise ValueError(f"sequences[{lengths.argmin()}] is empty: leave it out, or end each sentence with <EOS>")
    mask = (np.arange(lengths.max()) < lengths[:, None]).astype(float)  # (m, T_x)
    indices = np.full(mask.shape, pad_index, dtype=np.int64)
    for row, sequence in zip(indices, sequences, strict=True):
        values = np.asarray(sequence)
        if values.dtype.kind not in "iu":
            raise TypeError(f"sequences must hold integers, got {values.dtype}; encode turns tokens into indices")
        row[: len(values)] = values
    return indices, mask


def pad_features(inputs: Sequence[Array], dtype: Any = np.float64) -> tuple[Array, Array]:
    """Inputs of different lengths as one batch, padded with 0.

    inputs: (n_x, T_x) each, such as the one-hot words of a sentence or the frames of a film
    dtype: that of the batch

    Returns x (n_x, m, T_x) and mask (m, T_x) in float64: 1 at a step, 0 at padding. Raises ValueError (no inputs, another n_x
    than that of the first, no step). Source: L2.
    """
    if len(inputs) == 0:
        raise ValueError("inputs is empty: a batch needs at least one sequence")
    n_x = len(inputs[0])
    for i, x in enumerate(inputs):
        if x.ndim != 2 or len(x) != n_x or x.size == 0:
            raise ValueError(
                f"inputs[{i}] must be (n_x, T_x) with n_x = {n_x} and at least one step, got shape {x.shape}"
            )
    lengths = np.array([x.shape[1] for x in inputs])
    mask = (np.arange(lengths.max()) < lengths[:, None]).astype(float)  # (m, T_x)
    batch = np.zeros((n_x, *mask.shape), dtype)
    for i, x in enumerate(inputs):
        batch[:, i, : x.shape[1]] = x
    return batch, mask


def shuffled_batches(count: int, size: int, rng: Generator, *, lengths: Sequence[int] | None = None) -> Iterator[Array]:
    """Each of `count` examples once, as arrays of at most `size` positions.

    lengths: with them, examples of similar length share a batch, so that little is padding.
    Raises ValueError where count or size is below 1, or where there is another number of lengths.
    """
    if count < 1 or size < 1:
        raise ValueError(f"count and size must be at least 1, got {count} and {size}")
    order = rng.permutation(count)
    if lengths is not None:
        if len(lengths) != count:
            raise ValueError(f"lengths must hold one number for each of the {count} examples, got {len(lengths)}")
        order = order[np.argsort(np.asarray(lengths)[order], kind="stable")]
    starts = np.arange(0, count, size)
    for start in rng.permutation(starts):
        yield order[start : start + size]
