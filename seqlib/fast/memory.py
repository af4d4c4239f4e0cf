"""Large arrays whose memory is used again.

A training step asks for the same arrays as the step before it. Memory that goes back to the operating system has to be cleared
page by page when it is asked for again; so the largest blocks are kept. Measured on one thread (CPU time of a training step
without it over that with it): RNN in float32 1.4 at (T_x, m, n_x, n_a) = (50, 32, 64, 128) and 1.2 at (100, 64, 128, 256), LSTM
at the larger size 1.05 in float32 and 1.2 in float64; level elsewhere.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from seqlib.support.types import Array

SMALL = 2**18  # bytes: the C library itself keeps blocks up to here
KEPT = 2**28  # bytes: what is kept at most while nobody uses it

_blocks: dict[int, npt.NDArray[np.uint8]] = {}  # the free ones by id, the one that waits longest first


class _Lease:
    """The owner of an array's memory: it dies with the last array that looks at the memory, and gives the block back."""

    def __init__(self, block: npt.NDArray[np.uint8], shape: tuple[int, ...], dtype: np.dtype[Any]):
        self.block = block
        self.__array_interface__ = {**block.__array_interface__, "shape": shape, "typestr": dtype.str}

    def __del__(self) -> None:
        _blocks[id(self.block)] = self.block
        while sum(block.nbytes for block in list(_blocks.values())) > KEPT:
            _blocks.pop(next(iter(list(_blocks))), None)


def empty(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """np.empty(shape, dtype), in memory that an earlier array of about that size has left, where there is some."""
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size <= SMALL:
        return np.empty(shape, dtype)
    fits = [block for block in list(_blocks.values()) if size <= block.nbytes <= 2 * size]
    # another thread may have taken the block since it was looked at
    block = _blocks.pop(id(min(fits, key=len)), None) if fits else None
    return np.asarray(_Lease(np.empty(size, np.uint8) if block is None else block, shape, dtype))


def release() -> None:
    """Give the kept memory back to the operating system."""
    _blocks.clear()
