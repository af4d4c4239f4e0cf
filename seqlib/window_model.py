"""The fixed-window language model as a model: its examples, its first weights, its loss and the probabilities of a sentence.

The start of a sentence is no word. A window that reaches before it holds the index n_y there, which has an embedding of its own and is
never predicted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqlib import embeddings
from seqlib.batches import check_indices
from seqlib.losses import sequence_cross_entropy, sequence_log_probability
from seqlib.support.types import Array, Params
from seqlib.support.validate import check_counts


def window_examples(sentences: Sequence[Sequence[int]], k: int, n_y: int) -> tuple[Array, Array]:
    """Every word of every sentence, and the k words before it.

    sentences: the words' indices of each sentence, with its <EOS> where it has one
    n_y: the size of the vocabulary, and the index that stands before a sentence's first word

    Returns the windows (m, k) and the next words (m,). Raises TypeError, ValueError. Source: L13, item 13.3.

    >>> windows, words = window_examples([[2, 0, 1]], 2, 3)
    >>> windows
    array([[3, 3],
           [3, 2],
           [2, 0]])
    >>> words
    array([2, 0, 1])
    """
    check_counts(k=k, n_y=n_y)
    windows, words = [], []
    for i, sentence in enumerate(sentences):
        if len(sentence):
            checked = [int(word) for word in check_indices(f"sentences[{i}]", np.asarray(sentence), n_y)]
            padded = [n_y] * k + checked
            windows += [padded[t : t + k] for t in range(len(checked))]
            words += checked
    if not words:
        raise ValueError("sentences has no word: there is nothing to predict")
    return np.array(windows), np.array(words)


def window_parameters(
    rng: np.random.Generator, n_y: int, n_e: int, k: int, n_h: int, *, scale: float = 0.01, dtype: Any = np.float64
) -> Params:
    """First weights of the fixed-window model: E (n_e, n_y + 1), Wh (n_h, k n_e), bh (n_h, 1), Wy (n_y, n_h), by (n_y, 1).

    scale: the standard deviation of E; small, since what training does not remove of the first numbers stays in the vectors

    Raises TypeError, ValueError on sizes. Source: L13, item 13.3.
    """
    check_counts(n_y=n_y, n_e=n_e, k=k, n_h=n_h)
    params = {
        "E": scale * rng.normal(size=(n_e, n_y + 1)),
        "Wh": rng.normal(size=(n_h, k * n_e)) / np.sqrt(k * n_e),
        "bh": np.zeros((n_h, 1)),
        "Wy": rng.normal(size=(n_y, n_h)) / np.sqrt(n_h),
        "by": np.zeros((n_y, 1)),
    }
    return {name: value.astype(dtype) for name, value in params.items()}


def window_loss(params: Params, windows: Any, words: Any) -> tuple[float, Params]:
    """The mean of -log P(word | window), and the gradient "d" + name of every parameter.

    windows: (m, k)
    words: (m,), the word after each window

    Raises TypeError, ValueError. Source: L13, item 13.3.
    """
    logits, cache = embeddings.window_forward(windows, params)
    loss, dlogits = sequence_cross_entropy(logits[:, :, None], np.asarray(words)[:, None], reduction="token")
    return loss, embeddings.window_backward(dlogits[:, :, 0].astype(logits.dtype), cache)


def window_log_probabilities(params: Params, sentence: Sequence[int]) -> Array:
    """log P of each word of a sentence given the k words before it, in nats: (T,). Raises TypeError, ValueError."""
    k = params["Wh"].shape[1] // len(params["E"])
    windows, words = window_examples([sentence], k, len(params["by"]))
    logits, _ = embeddings.window_forward(windows, params)
    return sequence_log_probability(logits[:, :, None], words[:, None])
