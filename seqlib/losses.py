"""Cross-entropy over time from logits, with masks; perplexity and bits per character."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.activations import log_softmax, sigmoid
from seqlib.batches import check_indices
from seqlib.support.swap import replaceable
from seqlib.support.types import Array
from seqlib.support.validate import Sizes, mask_of

REDUCTIONS = ("sentence", "token", "sum")


def binary_cross_entropy(
    logits: Array, targets: Any, mask: Array | None = None, *, reduction: str = "sentence"
) -> tuple[float, Array]:
    """L<t> = -y<t> log y_hat<t> - (1 - y<t>) log(1 - y_hat<t>) with y_hat = sigmoid(logits), over a batch of sequences.

    logits: (1, m, T_x), before the sigmoid
    targets: (m, T_x), zeros and ones
    mask, reduction: as in sequence_cross_entropy

    Returns the loss and dlogits (1, m, T_x). Raises TypeError, ValueError. Source: L4, item 4.1.
    """
    y, weights = check_targets(logits, targets, mask, reduction, binary=True)
    z = logits[0]  # (m, T_x)
    # -y log y_hat - (1 - y) log(1 - y_hat) = max(z, 0) - z y + log(1 + e^-|z|)
    losses = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
    # dL/dz = y_hat - y
    return float((weights * losses).sum()), (weights * (sigmoid(z) - y))[None].astype(logits.dtype)


@replaceable
def sequence_cross_entropy(
    logits: Array, targets: Any, mask: Array | None = None, *, reduction: str = "sentence"
) -> tuple[float, Array]:
    """L<t> = -sum_i y_i<t> log y_hat_i<t> with y_hat = softmax(logits), over a batch of sequences.

    logits: (n_y, m, T_x), before the softmax
    targets: (m, T_x), the index of the right word at each step
    mask: (m, T_x), 1 at tokens and 0 at padding, which costs nothing
    reduction: "sentence", the cost J = 1/m sum over sentences of the sum over their steps (items 4.1, 6.3);
        "token", the mean over all tokens that count; "sum"

    Returns the loss and dlogits (n_y, m, T_x). Raises TypeError, ValueError. Source: L6, item 6.3.

    >>> loss, dlogits = sequence_cross_entropy(np.zeros((2, 1, 2)), [[0, 1]], reduction="token")
    >>> round(loss, 4), dlogits[:, 0].tolist()
    (0.6931, [[-0.25, 0.25], [0.25, -0.25]])
    """
    y, weights = check_targets(logits, targets, mask, reduction)
    log_y_hat = log_softmax(logits)  # (n_y, m, T_x)
    # of the sum over i only the right word's term is not 0
    losses = -np.take_along_axis(log_y_hat, y[None], axis=0)[0]  # (m, T_x)
    one_hot = np.arange(len(logits))[:, None, None] == y  # (n_y, m, T_x)
    # dL/dz = y_hat - y
    return float((weights * losses).sum()), weights * (np.exp(log_y_hat) - one_hot)


@replaceable
def sequence_log_probability(logits: Array, targets: Any, mask: Array | None = None) -> Array:
    """log P(y<1>, ..., y<T>) = sum_t log y_hat<t> of the right word, with y_hat = softmax(logits), of each sentence.

    logits: (n_y, m, T_x), before the softmax
    targets: (m, T_x), the index of the right word at each step
    mask: (m, T_x), 1 at tokens and 0 at padding, which changes nothing; None: all are tokens

    Returns (m,), in nats. Raises TypeError, ValueError. Source: L6, item 6.1.

    >>> sequence_log_probability(np.zeros((4, 2, 3)), [[0, 3, 1], [2, 0, 0]], np.array([[1, 1, 1], [1, 0, 0]])).round(3)
    array([-4.159, -1.386])
    """
    y, weights = check_targets(logits, targets, mask, "sum")
    log_p = np.take_along_axis(log_softmax(logits), y[None], axis=0)[0]  # (m, T_x)
    return np.asarray((weights * log_p).sum(axis=1))


@replaceable
def perplexity(total_loss: float, tokens: float) -> float:
    """exp(total loss in nats / number of tokens): the number of words that the model hesitates between.

    total_loss: minus the sum of the natural logarithms of the probabilities that the tokens got
    tokens: how many tokens that sum has, each <EOS> among them

    The mean is over tokens, not over sentences: it is not exp(J). Returns a number. Raises ValueError. Source: L6, item 6.3.

    >>> round(perplexity(4 * np.log(8), 4), 9)  # as unsure as between 8 equally likely words
    8.0
    """
    return float(np.exp(_per_token(total_loss, tokens)))


def bits_per_character(total_loss: float, tokens: float) -> float:
    """total loss in nats / (number of characters * ln 2). Raises ValueError. Source: L7."""
    return float(_per_token(total_loss, tokens) / np.log(2))


def _per_token(total_loss: float, tokens: float) -> float:
    if not tokens > 0:
        raise ValueError(f"tokens must be a positive number, got {tokens}")
    return total_loss / tokens


def check_targets(
    logits: Array, targets: Any, mask: Array | None, reduction: str, *, binary: bool = False
) -> tuple[Array, Array]:
    """Check the arguments of a loss: returns the targets and what each step counts in the loss, both (m, T_x).

    binary: logits are (1, m, T_x) and targets zeros and ones. Raises TypeError, ValueError.
    """
    sizes = Sizes()
    sizes.floats("logits", logits, (1 if binary else "n_y", "m", "T_x"))
    if binary and np.asarray(targets).dtype.kind not in "iu":
        raise TypeError(
            f"targets must be the integers 0 and 1, got dtype {np.asarray(targets).dtype}: use .astype(int)"
        )
    y = check_indices("targets", targets, 2 if binary else sizes["n_y"])
    if y.shape != logits.shape[1:]:
        raise ValueError(f"targets must be (m, T_x) = {logits.shape[1:]} as in logits, got shape {y.shape}")
    return y, _weights(mask_of(mask, sizes), sizes, reduction).astype(logits.dtype)


def _weights(mask: Array | None, sizes: Sizes, reduction: str) -> Array:
    """What each step counts in the loss: (m, T_x)."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction must be one of {', '.join(REDUCTIONS)}, got {reduction!r}")
    weights = np.ones((sizes["m"], sizes["T_x"])) if mask is None else mask
    if not weights.any():
        raise ValueError("mask is all zeros: no token counts")
    if reduction == "sum":
        return weights
    return weights / (sizes["m"] if reduction == "sentence" else weights.sum())
