"""What the exercises of lesson 5 share in drawing inputs: masks of padded batches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def mask_of(lengths: Sequence[int], T_x: int) -> np.ndarray:
    """A mask (m, T_x) of sequences with these lengths, padded at the end."""
    return np.asarray(np.arange(T_x) < np.array(lengths)[:, None], float)
