"""The steps of a sequence: apart, together, and what padding and truncation mean for one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqlib.support.types import Array


def over_time(steps: Sequence[Any]) -> Array:
    """One array of each step, (n, m), to one of all steps, (n, m, T_x), in which every step is one block of memory."""
    return np.moveaxis(np.stack(steps), 0, -1)


def tokens_at(mask: Array | None, t: int, dtype: Any) -> Array | int:
    """1 where step t has a token and 0 where it has padding, (m,); 1 without a mask."""
    return 1 if mask is None else mask[:, t].astype(dtype)


def starts_block(t: int, steps: int | None) -> bool:
    """Whether step t, counted from 0, is the first of a block of truncated backpropagation: no gradient flows back from there."""
    return steps is not None and t % steps == 0
