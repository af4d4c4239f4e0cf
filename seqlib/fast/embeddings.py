"""The embedding layer: rows of memory are copied, and equal words are summed side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.embeddings import check_embedded, check_words
from seqlib.fast.layout import columns, time_major
from seqlib.support.types import Array


def embedding_forward(indices: Any, E: Array) -> Array:
    """As seqlib.embedding_forward."""
    return columns(E.T[check_words(indices, E).T])


def embedding_backward(dx: Array, indices: Any, n_words: int) -> Array:
    """As seqlib.embedding_backward."""
    flat = check_embedded(dx, indices, n_words).T.ravel()
    order = np.argsort(flat, kind="stable")
    words, starts = np.unique(flat[order], return_index=True)
    rows = time_major(dx).reshape(-1, dx.shape[0])[order]  # (T_x m, n_e), equal words side by side
    dE = np.zeros((n_words, dx.shape[0]), dx.dtype)
    dE[words] = np.add.reduceat(rows, starts)
    return dE.T
