"""Convolution: one small set of weights slides over an image, and a small network of two such layers that makes features of pictures.

Images are (n_c, m, n_h, n_w): channels first and the examples second, as everything in this library, then rows and columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from seqlib.support.swap import replaceable
from seqlib.support.types import Array, Generator, Params
from seqlib.support.validate import Sizes, check_counts, same_dtype

Window = tuple[int, int, tuple[slice, slice]]


@replaceable
def convolution_forward(x: Array, K: Array, b: Array, *, stride: int = 1, padding: int = 0) -> Array:
    """z[k, i, r, s] = b_k + sum over c, u, v of K[k, c, u, v] x[c, i, r stride + u, s stride + v].

    x: (n_c, m, n_h, n_w), images: channels, examples, rows, columns
    K: (n_k, n_c, k_h, k_w), n_k filters of k_h rows and k_w columns, which see all channels; they are not flipped
    b: (n_k, 1), one bias per filter
    stride: how many rows and columns a filter moves at a time
    padding: rows and columns of zeros that are put around x on every side

    Returns z (n_k, m, n_h', n_w') with n_h' = (n_h + 2 padding - k_h) // stride + 1 and n_w' alike: places where the whole filter fits.
    Raises TypeError, ValueError: shapes, a filter larger than the padded image, stride below 1, padding below 0.
    Source: L14, item 14.1; LeCun et al. 1989.

    A filter that looks for a step from dark to bright, on one row of six pixels:

    >>> x = np.array([0.0, 0, 0, 1, 1, 1]).reshape(1, 1, 1, 6)
    >>> K = np.array([-1.0, 1.0]).reshape(1, 1, 1, 2)
    >>> convolution_forward(x, K, np.zeros((1, 1)))[0, 0]
    array([[0., 0., 1., 0., 0.]])
    """
    rows, columns = _check(x, K, b, stride, padding)
    padded = _pad(x, padding)
    z = np.empty((len(K), x.shape[1], rows, columns), x.dtype)
    z[:] = b[:, :, None, None]
    for u, v, seen in _windows(K, stride, rows, columns):
        # z_k += K[k, :, u, v] . x seen through this place of the filter
        z += np.tensordot(K[:, :, u, v], padded[:, :, *seen], axes=1)  # (n_k, m, n_h', n_w')
    return z


def convolution_backward(dz: Array, x: Array, K: Array, *, stride: int = 1, padding: int = 0) -> dict[str, Array]:
    """Gradients of convolution_forward: dx, dK and db.

    dz: (n_k, m, n_h', n_w'), the gradient with respect to its result
    x, K, stride, padding: as it got them

    A weight is used at every place of every image: its gradient is the sum over all of them. Raises TypeError, ValueError. Source: L14.

    >>> x, K = np.array([0.0, 0, 0, 1, 1, 1]).reshape(1, 1, 1, 6), np.array([-1.0, 1.0]).reshape(1, 1, 1, 2)
    >>> convolution_backward(np.ones((1, 1, 1, 5)), x, K)["dK"]
    array([[[[2., 3.]]]])
    """
    rows, columns = _check(x, K, np.zeros((len(K), 1), x.dtype), stride, padding)
    Sizes().floats("dz", dz, (len(K), x.shape[1], rows, columns))
    padded = _pad(x, padding)
    dpadded, dK = np.zeros_like(padded), np.empty_like(K)
    for u, v, seen in _windows(K, stride, rows, columns):
        dK[:, :, u, v] = np.tensordot(dz, padded[:, :, *seen], axes=((1, 2, 3), (1, 2, 3)))  # (n_k, n_c)
        dpadded[:, :, *seen] += np.tensordot(K[:, :, u, v].T, dz, axes=1)  # (n_c, m, n_h', n_w')
    inside = slice(padding, dpadded.shape[2] - padding), slice(padding, dpadded.shape[3] - padding)
    return {"dx": dpadded[:, :, *inside], "dK": dK, "db": dz.sum(axis=(1, 2, 3))[:, None]}


def eyes_parameters(
    rng: Generator, *, channels: int = 3, filters: tuple[int, int] = (12, 16), dtype: Any = np.float64
) -> Params:
    """First parameters of `see`: K1 (12, 3, 5, 5), bK1, K2 (16, 12, 3, 3), bK2. Raises TypeError, ValueError on a size below 1."""
    check_counts(channels=channels, **{f"filters[{i}]": size for i, size in enumerate(filters)})
    params = {}
    for layer, (n_k, n_c, k) in enumerate(((filters[0], channels, 5), (filters[1], filters[0], 3)), start=1):
        # half of what comes is cut off by max(0, z): the weights are larger by sqrt(2) (He et al. 2015)
        params[f"K{layer}"] = rng.normal(0, np.sqrt(2 / (n_c * k * k)), (n_k, n_c, k, k)).astype(dtype)
        params[f"bK{layer}"] = np.zeros((n_k, 1), dtype)
    return params


def see(images: Array, params: Params) -> tuple[Array, tuple[Any, ...]]:
    """Features of images: two convolutions of stride 2, each followed by max(0, z), all that is left below each other, over sqrt(n_f).

    Divided by the root of their number, the features make a state of moderate size with weights W_i of about 1, and no step of an
    optimiser, which moves all those weights by about as much, can saturate it.

    images: (n_c, m, n_h, n_w)
    params: K1, bK1, K2, bK2, as of eyes_parameters

    Returns features (n_f, m) and caches for see_backward. Raises TypeError, ValueError. Source: L14, item 14.1.
    """
    caches, below = [], images
    for layer in (1, 2):
        K = params[f"K{layer}"]
        above = np.maximum(convolution_forward(below, K, params[f"bK{layer}"], stride=2, padding=len(K[0, 0]) // 2), 0)
        caches.append((below, K, above))
        below = above
    features = below.transpose(0, 2, 3, 1).reshape(-1, images.shape[1])  # (n_f, m)
    return features / np.sqrt(len(features), dtype=features.dtype), tuple(caches)


def see_backward(dfeatures: Array, caches: tuple[Any, ...]) -> dict[str, Array]:
    """Gradients of see: "d" + name of every parameter, and dimages. dfeatures: (n_f, m). Raises TypeError, ValueError on shapes."""
    n_k, m, rows, columns = caches[-1][2].shape
    Sizes().floats("dfeatures", dfeatures, (n_k * rows * columns, m))
    dbelow = dfeatures / np.sqrt(len(dfeatures), dtype=dfeatures.dtype)
    dabove = dbelow.reshape(n_k, rows, columns, m).transpose(0, 3, 1, 2)
    gradients = {}  # type: ignore[var-annotated]
    for layer in (2, 1):
        below, K, above = caches[layer - 1]
        # where max(0, z) is 0 nothing flows back
        back = convolution_backward(dabove * (above > 0), below, K, stride=2, padding=len(K[0, 0]) // 2)
        gradients |= {f"dK{layer}": back["dK"], f"dbK{layer}": back["db"]}
        dabove = back["dx"]
    return gradients | {"dimages": dabove}


def _windows(K: Array, stride: int, rows: int, columns: int) -> Iterator[Window]:
    """For each place (u, v) of a filter the rows and columns that it lies on while the filter moves over the image."""
    for u, v in np.ndindex(K.shape[2:]):
        yield (
            u,
            v,
            (slice(u, u + stride * (rows - 1) + 1, stride), slice(v, v + stride * (columns - 1) + 1, stride)),
        )


def _pad(x: Array, padding: int) -> Array:
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


def _check(x: Array, K: Array, b: Array, stride: int, padding: int) -> tuple[int, int]:
    """The rows and columns of the result. Raises TypeError, ValueError."""
    sizes = Sizes()
    sizes.floats("x", x, ("n_c", "m", "n_h", "n_w"))
    sizes.floats("K", K, ("n_k", "n_c", "k_h", "k_w"))
    sizes.floats("b", b, ("n_k", 1))
    same_dtype(x=x, K=K, b=b)
    check_counts(stride=stride)
    if isinstance(padding, bool) or not isinstance(padding, int | np.integer) or padding < 0:
        raise ValueError(f"padding must be a whole number of at least 0, got {padding!r}")
    places = [(size + 2 * padding - k) // stride + 1 for size, k in zip(x.shape[2:], K.shape[2:], strict=True)]
    if min(places) < 1:
        raise ValueError(
            f"filters of {K.shape[2]} x {K.shape[3]} do not fit on images of {x.shape[2]} x {x.shape[3]} with padding {padding}"
        )
    return places[0], places[1]
