"""Weights to start from: Glorot for the input, orthogonal for the state, forget-gate bias 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqlib.cells import RESETS, check_cell
from seqlib.gru import gru_weights
from seqlib.lstm import GATES
from seqlib.support.swap import replaceable
from seqlib.support.types import Array, Generator, Params
from seqlib.support.validate import Sizes, check_counts


def glorot(n_out: int, n_in: int, rng: Generator, *, dtype: Any = np.float64) -> Array:
    """Uniform between -r and r with r = sqrt(6 / (n_in + n_out)): outputs as large as inputs, forward and backward.

    Returns (n_out, n_in). Raises ValueError on a size below 1. Source: Glorot and Bengio 2010.
    """
    check_counts(n_out=n_out, n_in=n_in)
    # r = sqrt(6 / (n_in + n_out))
    r = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-r, r, (n_out, n_in)).astype(dtype)


@replaceable
def orthogonal(n: int, rng: Generator, *, radius: float = 1.0, dtype: Any = np.float64) -> Array:
    """A random matrix all of whose singular values are `radius`: with 1 it neither shrinks nor stretches a state.

    n: the number of rows and of columns
    rng: the generator that every random number comes from
    radius: what the orthogonal matrix is multiplied by
    dtype: of the result

    Returns (n, n). Raises ValueError where n is below 1 or radius is not positive. Source: L8, item 8.4; Saxe et al. 2014.

    >>> W = orthogonal(3, np.random.default_rng(0), radius=2.0)
    >>> np.round(W.T @ W, 6) + 0.0
    array([[4., 0., 0.],
           [0., 4., 0.],
           [0., 0., 4.]])
    """
    check_counts(n=n)
    if not radius > 0:
        raise ValueError(f"radius must be positive, got {radius}")
    q, r = np.linalg.qr(rng.normal(size=(n, n)))
    # the signs of r's diagonal make the draw uniform over all orthogonal matrices
    return np.asarray(radius * q * np.sign(np.diag(r)), dtype=dtype)


def spectral_radius(W: Array) -> float:
    """The largest absolute value of the eigenvalues of W (n, n): how fast its powers grow in the long run. Raises TypeError, ValueError.

    >>> spectral_radius(np.array([[1.0, 5.0], [0.0, -2.0]]))
    2.0
    """
    Sizes().floats("W", W, ("n", "n"))
    return float(np.abs(np.linalg.eigvals(W)).max())


@replaceable
def scale_to_radius(W: Array, radius: float) -> Array:
    """W times the positive factor that gives it the spectral radius `radius`. The input stays as it is.

    W: (n, n)
    radius: the largest absolute value that an eigenvalue of the result shall have

    Returns (n, n). Raises ValueError where radius is not positive, and where all eigenvalues of W are 0, so that no factor helps;
    TypeError where W holds no floats. Source: L8, item 8.2.

    >>> scale_to_radius(np.array([[2.0, 5.0], [0.0, -4.0]]), 1.0)
    array([[ 0.5 ,  1.25],
           [ 0.  , -1.  ]])
    """
    if not radius > 0:
        raise ValueError(f"radius must be positive, got {radius}")
    before = spectral_radius(W)
    if before == 0:
        raise ValueError("all eigenvalues of W are 0: no factor gives it another spectral radius")
    return np.asarray(W * (radius / before), dtype=W.dtype)


def initialise_rnn(n_x: int, n_a: int, rng: Generator, *, n_y: int | None = None, dtype: Any = np.float64) -> Params:
    """Wax (n_a, n_x) by Glorot, Waa (n_a, n_a) orthogonal, ba zero; with n_y, Wya (n_y, n_a) and by as well. Raises ValueError."""
    check_counts(n_x=n_x, n_a=n_a)
    params = {
        "Wax": glorot(n_a, n_x, rng, dtype=dtype),
        "Waa": orthogonal(n_a, rng).astype(dtype),
        "ba": np.zeros((n_a, 1), dtype),
    }
    return params | (initialise_output(n_y, n_a, rng, name="Wya", dtype=dtype) if n_y is not None else {})


def initialise_gru(
    n_x: int,
    n_a: int,
    rng: Generator,
    *,
    n_y: int | None = None,
    reset: str | None = "before",
    dtype: Any = np.float64,
) -> Params:
    """The gates' weights (n_a, n_a + n_x), orthogonal beside Glorot, and biases of zero; reset as for gru_forward. Raises ValueError."""
    gates = [name[1:] for name in gru_weights(reset) if name.startswith("W")]
    params = _gates(gates, n_x, n_a, rng, dtype)
    return params | (initialise_output(n_y, n_a, rng, dtype=dtype) if n_y is not None else {})


def initialise_lstm(
    n_x: int,
    n_a: int,
    rng: Generator,
    *,
    n_y: int | None = None,
    forget_bias: float = 1.0,
    peephole: bool = False,
    dtype: Any = np.float64,
) -> Params:
    """The gates' weights as for a GRU; the forget gate's bias is 1, so that the memory is kept at first (item 8.4).

    peephole: with the diagonal weights pf, pu, po (n_a, 1), zero at first. Raises ValueError.
    Source: L8; Gers et al. 2000, Jozefowicz et al. 2015 for the bias.
    """
    params = _gates(GATES, n_x, n_a, rng, dtype)
    params["bf"][:] = forget_bias
    if peephole:
        params |= {name: np.zeros((n_a, 1), dtype) for name in ("pf", "pu", "po")}
    return params | (initialise_output(n_y, n_a, rng, dtype=dtype) if n_y is not None else {})


def initialise_output(n_y: int, n_a: int, rng: Generator, *, name: str = "Wy", dtype: Any = np.float64) -> Params:
    """The output layer: Wy (or Wya) (n_y, n_a) by Glorot, by (n_y, 1) zero. Raises ValueError."""
    check_counts(n_y=n_y)
    return {name: glorot(n_y, n_a, rng, dtype=dtype), "by": np.zeros((n_y, 1), dtype)}


def initialise_cell(
    cell: str, n_x: int, n_a: int, rng: Generator, *, n_y: int | None = None, dtype: Any = np.float64
) -> Params:
    """Any cell by its name: "rnn", "gru", "gru_after", "gru_simplified" or "lstm". Raises ValueError."""
    check_cell(cell)
    if cell == "rnn":
        return initialise_rnn(n_x, n_a, rng, n_y=n_y, dtype=dtype)
    if cell == "lstm":
        return initialise_lstm(n_x, n_a, rng, n_y=n_y, dtype=dtype)
    return initialise_gru(n_x, n_a, rng, n_y=n_y, reset=RESETS[cell], dtype=dtype)


def initialise_deep(
    cell: str,
    n_x: int,
    n_a: Sequence[int],
    rng: Generator,
    *,
    n_y: int | None = None,
    bidirectional: bool = False,
    dtype: Any = np.float64,
) -> Params:
    """A stack for deep_forward: n_a holds the units of each layer (of each direction of it). Raises ValueError."""
    if len(n_a) == 0:
        raise ValueError("n_a must hold the units of each layer, such as (64, 64), got none")
    params: Params = {}
    below = n_x
    for layer, size in enumerate(n_a, start=1):
        for direction in ("forward/", "backward/") if bidirectional else ("",):
            cell_params = initialise_cell(cell, below, size, rng, dtype=dtype)
            params |= {f"{layer}/{direction}{name}": value for name, value in cell_params.items()}
        below = 2 * size if bidirectional else size
    return params | (initialise_output(n_y, below, rng, dtype=dtype) if n_y is not None else {})


def _gates(gates: Sequence[str], n_x: int, n_a: int, rng: Generator, dtype: Any) -> Params:
    """W (n_a, n_a + n_x) on [a; x] and b (n_a, 1) of each gate."""
    check_counts(n_x=n_x, n_a=n_a)
    params: Params = {}
    for gate in gates:
        params["W" + gate] = np.concatenate(
            [orthogonal(n_a, rng).astype(dtype), glorot(n_a, n_x, rng, dtype=dtype)], axis=1
        )
        params["b" + gate] = np.zeros((n_a, 1), dtype)
    return params
