"""One vector for a whole sequence (lesson 5): its last real state, and the mean or the maximum over its real steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.support.swap import replaceable
from seqlib.support.types import Array
from seqlib.support.validate import Sizes, mask_of

POOLS = ("last", "mean", "max")


@replaceable
def final_states(a: Array, mask: Array) -> Array:
    """The state of each sequence's last real step.

    a: (n_a, m, T_x), the states of all steps
    mask: (m, T_x), 1 at real steps and 0 at padding

    Returns (n_a, m). Raises TypeError, ValueError (shapes, a sequence without a real step). Source: L5, item 5.1.

    The second sequence has two real steps, so its last column is padding:

    >>> a = np.array([[[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]])
    >>> final_states(a, np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]]))
    array([[0.3, 0.5]])
    """
    last = _last_steps(_real_steps(mask, _states(a)))  # (m,)
    return a[:, np.arange(len(last)), last]


@replaceable
def final_states_backward(da_last: Array, mask: Array) -> Array:
    """The gradient of final_states: what each step's state receives from the state that was read.

    da_last: (n_a, m), the gradient with respect to final_states(a, mask)
    mask: (m, T_x)

    Returns da (n_a, m, T_x): da_last at each sequence's last real step, zeros at all others. Raises TypeError, ValueError.
    Source: L5, item 5.1.

    >>> final_states_backward(np.array([[2.0, 3.0]]), np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]]))
    array([[[0., 0., 2.],
            [0., 3., 0.]]])
    """
    sizes = Sizes()
    sizes.floats("da_last", da_last, ("n_a", "m"))
    last = _last_steps(_real_steps(mask, sizes))  # (m,)
    da = np.zeros((*da_last.shape, sizes["T_x"]), da_last.dtype)
    da[:, np.arange(len(last)), last] = da_last
    return da


@replaceable
def pool_states(a: Array, mask: Array, pool: str) -> Array:
    """What an output layer reads of a sequence.

    a: (n_a, m, T_x)
    mask: (m, T_x)
    pool: the "last" real state, or each unit's "mean" or "max" over the real steps

    Returns (n_a, m). Raises TypeError, ValueError. Source: L5, item 5.1; Collobert et al. 2011 for the maximum.

    >>> a, mask = np.array([[[0.1, 0.8, 0.3, 0.9]]]), np.array([[1.0, 1.0, 1.0, 0.0]])
    >>> [pool_states(a, mask, pool).round(3).item() for pool in ("last", "mean", "max")]
    [0.3, 0.4, 0.8]
    """
    check_pool(pool)
    if pool == "last":
        return final_states(a, mask)
    mask = _real_steps(mask, _states(a))
    if pool == "mean":
        return np.asarray((a * _shares(mask, a.dtype)).sum(axis=2))
    return np.asarray(np.where(mask > 0, a, -np.inf).max(axis=2))


def pool_states_backward(dpooled: Array, a: Array, mask: Array, pool: str) -> Array:
    """The gradient of pool_states with respect to a: (n_a, m, T_x). dpooled: (n_a, m). Raises TypeError, ValueError.

    Of equal largest states the first one gets all of it.
    """
    check_pool(pool)
    sizes = _states(a)
    sizes.floats("dpooled", dpooled, ("n_a", "m"))
    mask = _real_steps(mask, sizes)
    if pool == "last":
        return final_states_backward(dpooled, mask)
    if pool == "mean":
        return np.asarray(dpooled[:, :, None] * _shares(mask, a.dtype))
    largest = np.where(mask > 0, a, -np.inf).argmax(axis=2)[:, :, None]
    da = np.zeros_like(a)
    np.put_along_axis(da, largest, dpooled[:, :, None], axis=2)
    return da


def check_pool(pool: str) -> None:
    """Raises ValueError for what is no way to pool."""
    if pool not in POOLS:
        raise ValueError(f"pool must be one of {', '.join(POOLS)}, got {pool!r}")


def _states(a: Array) -> Sizes:
    sizes = Sizes()
    sizes.floats("a", a, ("n_a", "m", "T_x"))
    return sizes


def _real_steps(mask: Any, sizes: Sizes) -> Array:
    """The mask as floats. Raises TypeError, ValueError, also where a sequence has no real step."""
    if not isinstance(mask, np.ndarray):
        raise TypeError(
            f"mask must be a NumPy array (m, T_x), got {type(mask).__name__}; where nothing is padded it is all ones"
        )
    sizes.floats("mask", mask.astype(float), ("m", "T_x"))
    checked = mask_of(mask, sizes)
    assert checked is not None  # an array stays one
    empty = np.flatnonzero(checked.sum(axis=1) == 0)
    if empty.size:
        raise ValueError(f"sequence {empty[0]} has no real step: its row of mask is all zeros")
    return checked


def _last_steps(mask: Array) -> Array:
    """The place of each row's last 1: (m,)."""
    return np.asarray(mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1))


def _shares(mask: Array, dtype: Any) -> Array:
    """What each step counts in the mean of a sequence: (m, T_x)."""
    return np.asarray(mask / mask.sum(axis=1, keepdims=True)).astype(dtype)
