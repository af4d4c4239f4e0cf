"""The two layouts of a batch of sequences: (n, m, T_x) outside, time first (T_x, m, n) where the loops run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqlib.fast.memory import empty
from seqlib.support.types import Array, Params


def time_major(x: Array) -> Array:
    """(n, m, T_x) to a contiguous (T_x, m, n): a step is one block of memory, and free of charge where it was made here."""
    rows = x.transpose(2, 1, 0)
    if rows.flags.c_contiguous:
        return rows
    copy = empty(rows.shape, x.dtype)
    copy[:] = rows
    return copy


def columns(x: Array) -> Array:
    """(T_x, m, n) to (n, m, T_x): a view, nothing is copied."""
    return x.transpose(2, 1, 0)


def product(x: Array, weights: Array, bias: Array | None = None, out: Array | None = None) -> Array:
    """One product for all steps: x (T_x, m, n_in) with weights (n_out, n_in) to (T_x, m, n_out), plus a bias (n_out, 1), into `out`."""
    T_x, m, n_in = x.shape
    n_out = weights.shape[0]
    rows = (empty((T_x, m, n_out), x.dtype) if out is None else out).reshape(T_x * m, n_out)
    np.matmul(x.reshape(T_x * m, n_in), weights.T, out=rows)
    if bias is not None:
        rows += bias.T
    return rows.reshape(T_x, m, n_out)


def halved(params: Params, gates: Sequence[str]) -> tuple[Array, Array]:
    """The gates' weights (gates, n_a, n_a + n_x) and biases (gates, 1, n_a) on one another, the candidate last and whole.

    sigma(z) = (1 + tanh(z / 2)) / 2: with the gates' weights halved, one tanh serves gates and candidate.
    """
    shares = [params["bc"].dtype.type(1 if gate == "c" else 0.5) for gate in gates]
    W = np.stack([params["W" + gate] * share for gate, share in zip(gates, shares, strict=True)])
    return W, np.stack([params["b" + gate].T * share for gate, share in zip(gates, shares, strict=True)])


def weight_gradient(dz: Array, x: Array) -> Array:
    """dW = sum over steps and examples of dz x^T: dz (T_x, m, n_out) and x (T_x, m, n_in) to (n_out, n_in)."""
    return np.asarray(dz.reshape(-1, dz.shape[2]).T @ x.reshape(-1, x.shape[2]))


def bias_gradient(dz: Array) -> Array:
    """db = sum over steps and examples of dz: (T_x, m, n_out) to (n_out, 1)."""
    return np.asarray(dz.reshape(-1, dz.shape[2]).sum(axis=0)[:, None])


def padding_of(mask: Array | None) -> Array | None:
    """A mask (m, T_x) as (T_x, m, 1), True at padding: where a step's result gives way to the state before."""
    return None if mask is None else np.asarray(mask.T[:, :, None] == 0)


def transposable(weights: Array) -> Array:
    """The same matrix, stored column by column: in float64, BLAS multiplies a step from the left with it up to a twentieth faster."""
    return np.asfortranarray(weights)


def steps_of(mask: Array | None, dtype: object) -> Array | None:
    """A mask (m, T_x) as (T_x, m, 1), ready to be multiplied with a step."""
    return None if mask is None else np.ascontiguousarray(mask.T[:, :, None], dtype=dtype)  # type: ignore[call-overload]
