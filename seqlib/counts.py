"""Word vectors by counting: how often words stand near each other, what that is worth (PPMI), and few numbers in place of many (SVD)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqlib.batches import check_indices
from seqlib.support.types import Array
from seqlib.support.validate import check_counts


def cooccurrence_counts(sentences: Sequence[Sequence[int]], n_words: int, width: int) -> Array:
    """How often word j stands at most `width` words from word i, in the same sentence: (n_words, n_words), symmetric.

    Raises TypeError, ValueError. Source: L13, item 13.4.

    >>> cooccurrence_counts([[0, 1, 2]], 3, width=1)
    array([[0., 1., 0.],
           [1., 0., 1.],
           [0., 1., 0.]])
    """
    check_counts(n_words=n_words, width=width)
    counts = np.zeros((n_words, n_words))
    for i, sentence in enumerate(sentences):
        words = check_indices(f"sentences[{i}]", np.asarray(sentence, dtype=None if len(sentence) else int), n_words)
        for distance in range(1, min(width, len(words)) + 1):
            np.add.at(counts, (words[:-distance], words[distance:]), 1)
            np.add.at(counts, (words[distance:], words[:-distance]), 1)
    return counts


def ppmi(counts: Array) -> Array:
    """max(0, log(P(i, j) / (P(i) P(j)))): how much more often two words meet than by chance. Where they never meet: 0.

    counts: (n_words, n_words)

    Returns (n_words, n_words). Raises ValueError on another shape, a negative count and where all are 0. Source: L13, item 13.4.

    >>> ppmi(np.array([[0.0, 2.0], [2.0, 0.0]])).round(3)
    array([[0.   , 0.693],
           [0.693, 0.   ]])
    """
    if counts.ndim != 2 or len(counts) != counts.shape[1]:
        raise ValueError(f"counts must be (n_words, n_words), got shape {counts.shape}")
    if (counts < 0).any() or not counts.any():
        raise ValueError("counts must be at least 0, and not all of them 0")
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / counts.sum()
    ratio = np.ones_like(counts)  # what never meets is worth log 1 = 0
    np.divide(counts, expected, out=ratio, where=counts > 0)
    return np.asarray(np.maximum(0.0, np.log(ratio)))


def svd_embeddings(matrix: Array, n_e: int) -> Array:
    """E (n_e, n_words): each row of a matrix (n_words, n) in its n_e strongest directions, U S cut after n_e columns and transposed.

    Distances between columns of E are those between the rows, as nearly as n_e numbers per word allow.
    Raises ValueError on an n_e that the matrix does not have. Source: L13, item 13.4.
    """
    check_counts(n_e=n_e)
    if matrix.ndim != 2 or n_e > min(matrix.shape):
        raise ValueError(f"n_e must be at most the smaller side of a matrix, got n_e = {n_e} and shape {matrix.shape}")
    U, S, _ = np.linalg.svd(matrix, full_matrices=False)
    return np.asarray((U[:, :n_e] * S[:n_e]).T)
