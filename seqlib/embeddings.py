"""Embeddings: the look-up and its gradient, a network with a fixed window, and distances between words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from seqlib.batches import check_indices
from seqlib.support.swap import replaceable
from seqlib.support.types import Array, Params
from seqlib.support.validate import Sizes, check_counts

MEASURES = ("cosine", "euclidean", "manhattan")
PLAIN = (1e-140, 1e140)  # lengths of vectors whose squares, and the product of two, are ordinary numbers


@replaceable
def embedding_forward(indices: Any, E: Array) -> Array:
    """x<t> = E o<t> for a one-hot o<t>: the column of E at the word's index.

    indices: (m, T_x), integers
    E: (n_e, n_words), one column for each word

    Returns x (n_e, m, T_x). Raises TypeError, ValueError on indices outside the vocabulary. Source: L13, item 13.3.

    >>> embedding_forward([[2, 0]], np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))[:, 0]
    array([[3., 1.],
           [6., 4.]])
    """
    return np.take(E, check_words(indices, E), axis=1)


@replaceable
def embedding_backward(dx: Array, indices: Any, n_words: int) -> Array:
    """dE: each word's column is the sum of dx wherever the word occurs; words that do not occur have 0.

    dx: (n_e, m, T_x), the gradient with respect to the embedded words
    indices: (m, T_x), integers
    n_words: the size of the vocabulary

    Returns dE (n_e, n_words). Raises TypeError, ValueError. Source: L13, item 13.3.

    >>> embedding_backward(np.array([[[1.0, 10.0, 100.0]]]), [[2, 0, 2]], 4)
    array([[ 10.,   0., 101.,   0.]])
    """
    indices = check_embedded(dx, indices, n_words)
    dE = np.zeros((len(dx), n_words), dx.dtype)
    for i, t in np.ndindex(indices.shape):
        dE[:, indices[i, t]] += dx[:, i, t]
    return dE


def check_words(indices: Any, E: Array) -> Array:
    """Check the arguments of embedding_forward: returns the indices (m, T_x) as an array. Raises TypeError, ValueError."""
    Sizes().floats("E", E, ("n_e", "n_words"))
    words = check_indices("indices", indices, E.shape[1])
    if words.ndim != 2 or words.size == 0:
        raise ValueError(f"indices must be (m, T_x) with at least one word, got shape {words.shape}")
    return words


def check_embedded(dx: Array, indices: Any, n_words: int) -> Array:
    """Check the arguments of embedding_backward: returns the indices (m, T_x) as an array. Raises TypeError, ValueError."""
    words = check_indices("indices", indices, n_words)
    if dx.ndim != 3 or dx.shape[1:] != words.shape:
        raise ValueError(f"dx must be (n_e, m, T_x) with (m, T_x) = {words.shape} as in indices, got shape {dx.shape}")
    return words


@replaceable
def window_forward(indices: Any, params: Params) -> tuple[Array, tuple[Any, ...]]:
    """The fixed-window language model: the embeddings of the last k words, a hidden layer, the output layer.

    indices: (m, k), the words of the window
    params: E (n_e, n_words), Wh (n_h, k n_e), bh (n_h, 1), Wy (n_y, n_h), by (n_y, 1)

    Returns logits (n_y, m) and the cache (indices, e, h, params). Raises TypeError, ValueError.
    Source: L13, item 13.3; Bengio et al. 2003.

    >>> params = {"E": np.array([[2.0, -1.0]]), "Wh": np.array([[0.5, 1.0]]), "bh": np.zeros((1, 1))}
    >>> logits, _ = window_forward([[0, 1], [1, 0]], params | {"Wy": np.ones((1, 1)), "by": np.zeros((1, 1))})
    >>> logits.round(3)
    array([[0.   , 0.905]])
    """
    x = embedding_forward(indices, params["E"])  # (n_e, m, k)
    sizes = Sizes()
    window = x.shape[0] * x.shape[2]
    sizes.floats("params['Wh']", params["Wh"], ("n_h", window))
    sizes.floats("params['bh']", params["bh"], ("n_h", 1))
    sizes.floats("params['Wy']", params["Wy"], ("n_y", "n_h"))
    sizes.floats("params['by']", params["by"], ("n_y", 1))
    # e = [e<t-k>; ...; e<t-1>]
    e = x.transpose(2, 0, 1).reshape(window, -1)  # (k n_e, m)
    # h = tanh(W_h e + b_h)
    h = np.tanh(params["Wh"] @ e + params["bh"])  # (n_h, m)
    return params["Wy"] @ h + params["by"], (np.asarray(indices), e, h, params)


def window_backward(dlogits: Array, cache: tuple[Any, ...]) -> Params:
    """Gradients of window_forward. dlogits: (n_y, m). Returns dE dWh dbh dWy dby. Raises ValueError."""
    indices, e, h, params = cache
    if dlogits.shape != (len(params["by"]), h.shape[1]):
        raise ValueError(f"dlogits must be (n_y, m) = {(len(params['by']), h.shape[1])}, got shape {dlogits.shape}")
    dz = (1 - h**2) * (params["Wy"].T @ dlogits)  # (n_h, m)
    m, k = indices.shape
    dx = (params["Wh"].T @ dz).reshape(k, -1, m).transpose(1, 2, 0)  # (n_e, m, k)
    return {
        "dE": embedding_backward(dx, indices, params["E"].shape[1]),
        "dWh": dz @ e.T,
        "dbh": dz.sum(axis=1, keepdims=True),
        "dWy": dlogits @ h.T,
        "dby": dlogits.sum(axis=1, keepdims=True),
    }


@replaceable
def cosine_similarity(u: Any, v: Any) -> float:
    """u . v / (|u| |v|), from -1 to 1.

    u, v: (n_e,)

    Raises ValueError on shapes and a vector of zeros. Source: L13, item 13.2.

    >>> round(cosine_similarity([3, 4], [4, 3]), 2)
    0.96
    """
    u, v = _two_vectors(u, v)
    (u, length_u), (v, length_v) = _with_length(u), _with_length(v)
    return float(u @ v / (length_u * length_v))


@replaceable
def euclidean_distance(u: Any, v: Any) -> float:
    """sqrt(sum_i (u_i - v_i)^2).

    u, v: (n_e,), two vectors of one size

    Returns a number. Raises ValueError on shapes. Source: L13, item 13.2.

    >>> euclidean_distance([1.0, 2.0], [4.0, -2.0])
    5.0
    """
    u, v = _two_vectors(u, v)
    return float(np.sqrt(((u - v) ** 2).sum()))


def manhattan_distance(u: Any, v: Any) -> float:
    """sum_i |u_i - v_i|. u, v: (n_e,). Raises ValueError on shapes. Source: L13, item 13.2."""
    u, v = _two_vectors(u, v)
    return float(np.abs(u - v).sum())


@replaceable
def analogy(a: str, b: str, c: str, E: Array, vocabulary: Mapping[str, int], *, measure: str = "cosine") -> str:
    """a is to b as c is to ...: the word nearest to e_b - e_a + e_c, but for the three given words.

    a, b, c: words of the vocabulary
    E: (n_e, n_words)
    vocabulary: each word's column
    measure: "cosine" (argmax), "euclidean" or "manhattan" (argmin)

    A word whose vector is 0 has no cosine and is no answer there; of equally near words the first of the vocabulary is the answer.
    Raises TypeError (E is no array of floats) and ValueError on a word, a column or a measure that there is not, where no fourth word is
    left, and where e_b - e_a + e_c has no cosine.
    Source: L13, item 13.2; Mikolov et al. 2013.

    >>> E = np.array([[-1.0, 1.0, -1.0, 1.0, 0.2], [0.0, 0.0, 2.0, 1.0, 2.0]])
    >>> words = {"man": 0, "woman": 1, "king": 2, "queen": 3, "castle": 4}
    >>> analogy("man", "woman", "king", E, words), analogy("man", "woman", "king", E, words, measure="euclidean")
    ('queen', 'castle')
    """
    _check_columns(E, vocabulary)
    for word in (a, b, c):
        if word not in vocabulary:
            raise ValueError(f"{word!r} is not in the vocabulary of {len(vocabulary)} words")
    target = E[:, vocabulary[b]] - E[:, vocabulary[a]] + E[:, vocabulary[c]]  # (n_e,)
    nearest = nearest_words(target, E, vocabulary, measure=measure, without=(a, b, c), count=1)
    if not nearest:
        raise ValueError("vocabulary must hold a fourth word")
    return nearest[0][0]


def nearest_words(
    target: Array,
    E: Array,
    vocabulary: Mapping[str, int],
    *,
    measure: str = "cosine",
    without: Collection[str] = (),
    count: int = 5,
) -> list[tuple[str, float]]:
    """The words nearest to a vector, the nearest first, each with its cosine or its distance.

    target: (n_e,)
    E: (n_e, n_words)
    without: words that are left out
    measure: "cosine" (the largest first), "euclidean" or "manhattan" (the smallest first)

    A word whose vector is 0 has no cosine and is left out there. Raises TypeError (E is no array of floats) and ValueError on a measure or
    a column that there is not, NaN, and a count below 1. Source: L13, item 13.2.
    """
    if measure not in MEASURES:
        raise ValueError(f"measure must be one of {', '.join(MEASURES)}, got {measure!r}")
    _check_columns(E, vocabulary)
    check_counts(count=count)
    of_words: dict[str, Callable[..., float]] = {
        "cosine": cosine_similarity,
        "euclidean": euclidean_distance,
        "manhattan": manhattan_distance,
    }
    values = [
        (word, of_words[measure](E[:, column], target))
        for word, column in vocabulary.items()
        if word not in without and (measure != "cosine" or E[:, column].any())
    ]
    return sorted(values, key=lambda value: value[1], reverse=measure == "cosine")[:count]


def _with_length(u: Array) -> tuple[Array, Any]:
    """A vector and its length; where squares leave the range of floats, those of the vector divided by its largest element.

    Raises ValueError on a vector of zeros.
    """
    with np.errstate(over="ignore"):
        length = np.linalg.norm(u)
    if PLAIN[0] < length < PLAIN[1]:
        return u, length
    if not u.any():
        raise ValueError("the cosine of a vector of zeros is not defined")
    u = u / np.abs(u).max()
    return u, np.linalg.norm(u)


def _check_columns(E: Any, vocabulary: Mapping[str, int]) -> None:
    """Raises TypeError, ValueError: E is no array of finite floats, or lacks a word's column."""
    sizes = Sizes()
    sizes.floats("E", E, ("n_e", "n_words"))
    for word, column in vocabulary.items():
        if not 0 <= column < sizes["n_words"]:
            raise ValueError(
                f"vocabulary has {word!r} in column {column}, outside 0 to {sizes['n_words'] - 1} of E (n_e, n_words) = {E.shape}"
            )


def _two_vectors(u: Any, v: Any) -> tuple[Array, Array]:
    u, v = np.asarray(u, dtype=float), np.asarray(v, dtype=float)
    if u.ndim != 1 or u.shape != v.shape or u.size == 0:
        raise ValueError(f"u and v must be two vectors (n_e,) of one size, got shapes {u.shape} and {v.shape}")
    return u, v
